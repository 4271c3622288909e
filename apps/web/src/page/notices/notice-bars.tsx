import styles from '../bar.module.css'
import { usePage, useSelected } from '../page-context.ts'

/** Offers notifications, after the first message of another person. Nothing is asked on load. */
export function NoticeBar() {
  const { words, actions } = usePage()
  const notices = useSelected((state) => state.notices)
  const hasIncoming = useSelected(({ engine }) =>
    (engine?.chats ?? []).some(({ last, unread }) => unread > 0 || (last?.isOwn === false && last.kind !== 'system')),
  )
  if (!hasIncoming || notices?.permission !== 'default' || notices.isDeclined) return null
  return (
    <div class={`${styles.bar} ${styles.offer}`} role="status">
      <span>{words.notices.ask}</span>
      <button type="button" onClick={() => void actions.notices.turnOn()}>
        {words.notices.turnOn}
      </button>
      <button type="button" onClick={() => actions.notices.decline()}>
        {words.notices.notNow}
      </button>
    </div>
  )
}

/** Offers a reload when there is a newer build. */
export function BuildBar() {
  const { words, useNewBuild } = usePage()
  const newBuild = useSelected((state) => state.newBuild)
  if (!newBuild) return null
  return (
    <div class={`${styles.bar} ${styles.offer}`} role="status">
      <span>{newBuild === 'ready' ? words.notices.newBuild : words.notices.outdated} –</span>
      <button type="button" onClick={useNewBuild}>
        {words.notices.reload}
      </button>
    </div>
  )
}
