import type { SettingsSection } from '../../state/app-store.ts'
import styles from './settings.module.css'

const paths: Readonly<Record<SettingsSection, string>> = {
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 8c.6-3.6 3.4-5.5 7-5.5s6.400 1.900 7 5.500',
  devices: 'M4 6.500A1.500 1.500 0 0 1 5.500 5h13A1.500 1.500 0 0 1 20 6.500V15H4V6.500ZM2.500 18.500h19',
  privacy: 'M12 3.500l7 2.800v5c0 4.300-2.900 7.600-7 9.200-4.100-1.600-7-4.900-7-9.200v-5l7-2.800Z',
  storage:
    'M12 4.500c4.100 0 7 1.100 7 2.500s-2.900 2.500-7 2.500S5 8.400 5 7s2.900-2.500 7-2.500ZM5 7v10c0 1.400 2.900 2.500 7 2.500s7-1.100 7-2.500V7M5 12c0 1.400 2.900 2.500 7 2.500s7-1.100 7-2.500',
  appearance: 'M12 4a8 8 0 1 0 0 16V4Zm0 0a8 8 0 0 1 0 16',
}

/** The drawing of a section. */
export function SectionIcon({ section }: { readonly section: SettingsSection }) {
  return (
    <svg class={styles.icon} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[section]} />
    </svg>
  )
}
