import { usePage, useSelected } from '../page-context.ts'
import styles from './notice-settings.module.css'

/** The choices about notifications. */
export function NoticeSettings() {
  const { words, actions } = usePage()
  const notices = useSelected((state) => state.notices)
  const text = words.notices
  if (!notices || notices.permission === 'unsupported') return <p>{text.unsupported}</p>
  if (notices.permission === 'denied') return <p>{text.denied}</p>
  if (!notices.isOn)
    return (
      <button type="button" onClick={() => void actions.notices.turnOn()}>
        {text.turnOn}
      </button>
    )
  return (
    <div class={styles.settings}>
      <p>{notices.isPushed ? text.pushed : text.notPushed}</p>
      <label>
        <input
          type="checkbox"
          checked={notices.hasContent}
          onChange={({ currentTarget }) => actions.notices.showContent(currentTarget.checked)}
        />
        <span>{text.content}</span>
      </label>
      <p class={styles.why}>{text.contentWhy}</p>
      <button type="button" onClick={() => void actions.notices.turnOff()}>
        {text.turnOff}
      </button>
    </div>
  )
}
