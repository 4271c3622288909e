import { usePage, useSelected } from '../page-context.ts'
import styles from './account.module.css'

/** Says how far the history has come back to a new device. It is away when nothing is on its way. */
export function RestoreLine() {
  const { words } = usePage()
  const backup = useSelected(({ engine }) => engine?.settings?.backup)
  const text = words.settings.storage
  if (!backup) return null
  const { restored, fromDevice } = backup
  const [line, { done, of }] =
    restored.done < restored.of
      ? [text.restoring, restored]
      : fromDevice.state === 'arriving' && fromDevice.parts.done < fromDevice.parts.of
        ? [text.fromDevice, fromDevice.parts]
        : [undefined, { done: 0, of: 0 }]
  if (!line) return null
  return (
    <div class={styles.restore} role="status">
      <span>{line(done, of)}</span>
      <progress value={done} max={of} aria-hidden="true" />
    </div>
  )
}
