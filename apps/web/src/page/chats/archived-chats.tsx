import { useState } from 'preact/hooks'
import type { ChatRow } from '../../engine/engine-state.ts'
import { ChatItem } from '../chat-item.tsx'
import { usePage, useSelected } from '../page-context.ts'
import styles from '../sidebar.module.css'

/** The archived chats, folded away. */
export function ArchivedChats({ chats }: { readonly chats: readonly ChatRow[] }) {
  const { words } = usePage()
  const open = useSelected((state) => state.open)
  const [isShown, setIsShown] = useState(false)
  if (chats.length === 0) return null
  return (
    <>
      <button type="button" class={styles.archive} aria-expanded={isShown} onClick={() => setIsShown(!isShown)}>
        <span aria-hidden="true">{isShown ? '▾' : '▸'}</span> {words.talk.chat.archived(chats.length)}
      </button>
      {isShown && (
        <ul>
          {chats.map((chat) => (
            <ChatItem key={chat.id} chat={chat} isOpen={chat.id === open} />
          ))}
        </ul>
      )}
    </>
  )
}
