import type { ChatRow } from '../../engine/engine-state.ts'
import { Icon } from '../icon.tsx'
import { usePage } from '../page-context.ts'
import styles from '../sidebar.module.css'
import { clockTime } from '../times.ts'

/** The signs of a chat in the list: pinned, muted, a mention, and what is unread. */
export function RowSigns({ chat }: { readonly chat: ChatRow }) {
  const { words, language } = usePage()
  const { unread, isMuted, mutedUntil, isPinned, isMarkedUnread, hasMention } = chat
  const { talk } = words
  const muted = mutedUntil === undefined ? words.chats.muted : talk.chat.mutedUntil(clockTime(mutedUntil, language))
  return (
    <span class={styles.signs}>
      {isPinned && <Sign label={talk.chat.pinned} icon="pin" />}
      {isMuted && <Sign label={muted} icon="muted" />}
      {hasMention && (
        <span class={styles.badge} role="img" aria-label={talk.mentioned} title={talk.mentioned}>
          @
        </span>
      )}
      {unread > 0 && (
        <span
          class={`${styles.badge} ${isMuted ? styles.quiet : ''}`}
          role="img"
          aria-label={words.chats.unread(unread)}
        >
          {unread}
        </span>
      )}
      {unread === 0 && isMarkedUnread && <span class={styles.dot} role="img" aria-label={talk.chat.unreadMark} />}
    </span>
  )
}

const Sign = ({ label, icon }: { readonly label: string; readonly icon: 'pin' | 'muted' }) => (
  <span class={styles.sign} role="img" aria-label={label} title={label}>
    <Icon name={icon} />
  </span>
)
