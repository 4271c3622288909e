import type { ConversationId } from '@fastchat/schema'
import type { ChatRow } from '../../engine/engine-state.ts'
import { ChatItem } from '../chat-item.tsx'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'

type Props = {
  readonly chats: readonly ChatRow[]
  readonly open: ConversationId | undefined
  /** Stands above chats of one kind, such as requests. */
  readonly title?: string
}

/** Chats of the list that belong together. */
export function ChatGroup({ chats, open, title }: Props) {
  const { words } = usePage()
  if (chats.length === 0) return null
  return (
    <section>
      {title !== undefined && (
        <h2 class={styles.heading}>
          {title} ({chats.length})
        </h2>
      )}
      <ul aria-label={title ?? words.people.yourChats}>
        {chats.map((chat) => (
          <ChatItem key={chat.id} chat={chat} isOpen={chat.id === open} />
        ))}
      </ul>
    </section>
  )
}
