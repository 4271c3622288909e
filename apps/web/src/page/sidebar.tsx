import { useState } from 'preact/hooks'
import { NewChat } from './new-chat.tsx'
import { usePage, useSelected } from './page-context.ts'
import { ChatGroup } from './people/chat-group.tsx'
import { OwnName } from './people/own-name.tsx'
import { PeopleList } from './people/people-list.tsx'
import { SearchDialog } from './search-dialog.tsx'
import styles from './sidebar.module.css'

/** The chats, and the way to a new one. */
export function Sidebar() {
  const { actions, words } = usePage()
  const chats = useSelected(({ engine }) => engine?.chats ?? [])
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
      <div class={styles.list}>
        <ChatGroup chats={chats.filter(({ isRequest }) => isRequest)} open={open} title={words.people.requests} />
        <ChatGroup chats={chats.filter(({ isRequest }) => !isRequest)} open={open} />
        <PeopleList />
      </div>
      <footer class={styles.footer}>
        <OwnName />
        <button type="button" title={words.account.logOutWhy} onClick={() => void actions.account.logOut()}>
          {words.account.logOut}
        </button>
      </footer>
    </nav>
  )
}
