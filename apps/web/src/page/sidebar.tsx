import { useState } from 'preact/hooks'
import { ChatItem } from './chat-item.tsx'
import { NewChat } from './new-chat.tsx'
import { usePage, useSelected } from './page-context.ts'
import { SearchDialog } from './search-dialog.tsx'
import styles from './sidebar.module.css'

/** The chats, and the way to a new one. */
export function Sidebar() {
  const { actions, words } = usePage()
  const chats = useSelected(({ engine }) => engine?.chats ?? [])
  const me = useSelected(({ engine }) => engine?.me?.name)
  const open = useSelected((state) => state.open)
  const [isFinding, setIsFinding] = useState(false)
  return (
    <nav class={styles.sidebar} aria-label={words.chats.title}>
      <header class={styles.header}>
        <h1>{words.chats.title}</h1>
        <SearchDialog />
        <button type="button" class={styles.find} onClick={() => setIsFinding(!isFinding)} aria-expanded={isFinding}>
          {words.chats.find}
        </button>
      </header>
      {isFinding && <NewChat onDone={() => setIsFinding(false)} />}
      {chats.length === 0 && !isFinding && <p class={styles.none}>{words.chats.none}</p>}
      <ul class={styles.list}>
        {chats.map((chat) => (
          <ChatItem key={chat.id} chat={chat} isOpen={chat.id === open} />
        ))}
      </ul>
      <footer class={styles.footer}>
        <span class={styles.me}>{me}</span>
        <button type="button" aria-keyshortcuts="Control+, Meta+," onClick={() => actions.settings.show('account')}>
          {words.settings.open}
        </button>
      </footer>
    </nav>
  )
}
