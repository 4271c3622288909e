import type { FunctionComponent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { type SettingsSection, settingsSections } from '../../state/app-store.ts'
import { usePage, useSelected } from '../page-context.ts'
import { AccountSection } from './account-section.tsx'
import { AppearanceSection } from './appearance-section.tsx'
import { DevicesSection } from './devices-section.tsx'
import { PrivacySection } from './privacy-section.tsx'
import { SectionIcon } from './section-icon.tsx'
import styles from './settings.module.css'
import { StorageSection } from './storage-section.tsx'

const sections: Readonly<Record<SettingsSection, FunctionComponent>> = {
  account: AccountSection,
  devices: DevicesSection,
  privacy: PrivacySection,
  storage: StorageSection,
  appearance: AppearanceSection,
}

/** The settings page: its sections are on the left, on a phone above. */
export function SettingsDialog() {
  const { actions, words } = usePage()
  const shown = useSelected((state) => state.settings)
  const news = useSelected(({ engine }) => (engine?.settings?.news ?? []).some(({ kind }) => kind === 'signIn'))
  const dialog = useRef<HTMLDialogElement>(null)
  const isShown = shown !== undefined
  useShortcut()
  useEffect(() => {
    if (isShown) dialog.current?.showModal()
  }, [isShown])
  if (shown === undefined) return null
  const Section = sections[shown]
  return (
    <dialog
      class={styles.dialog}
      ref={dialog}
      aria-labelledby="settings-title"
      onClose={() => actions.settings.show(undefined)}
    >
      <header class={styles.header}>
        <h2 id="settings-title">{words.settings.title}</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </header>
      <nav class={styles.nav} aria-label={words.settings.title}>
        {settingsSections.map((one) => (
          <button
            key={one}
            type="button"
            aria-current={one === shown ? 'page' : undefined}
            onClick={() => actions.settings.show(one)}
          >
            <SectionIcon section={one} />
            {words.settings.sections[one]}
            {one === 'devices' && news && (
              <span class={styles.dot} role="img" aria-label={words.settings.devices.isNew} />
            )}
          </button>
        ))}
      </nav>
      <div class={styles.body} key={shown}>
        <h3>{words.settings.sections[shown]}</h3>
        <Section />
      </div>
    </dialog>
  )
}

/** Opens the page by Ctrl or Cmd with a comma. */
function useShortcut(): void {
  const { actions, store } = usePage()
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== ',' || !(event.ctrlKey || event.metaKey) || event.altKey) return
      event.preventDefault()
      if (!document.querySelector('dialog[open]') && store.state.engine?.phase === 'ready')
        actions.settings.show('account')
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [actions, store])
}
