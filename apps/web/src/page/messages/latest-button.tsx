import type { ConversationId } from '@fastchat/schema'
import { usePage, useSelected } from '../page-context.ts'
import styles from '../timeline-view.module.css'

/** Leads to the end of the conversation, and says how many messages are unread there. */
export function LatestButton({ conversation }: { readonly conversation: ConversationId }) {
  const { actions, words } = usePage()
  const unread = useSelected(({ engine }) => engine?.chats.find(({ id }) => id === conversation)?.unread ?? 0)
  const { latest, latestNew } = words.talk
  return (
    <button
      type="button"
      class={styles.latest}
      aria-label={unread > 0 ? latestNew(unread) : latest}
      title={latest}
      onClick={() => void actions.timeline.showLatest()}
    >
      ↓{unread > 0 && <span class={styles.count}>{unread}</span>}
    </button>
  )
}
