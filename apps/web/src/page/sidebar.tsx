import { useState } from 'preact/hooks'
import { ArchivedChats } from './chats/archived-chats.tsx'
import { NewChat } from './new-chat.tsx'
import { usePage, useSelected } from './page-context.ts'
import { ChatGroup } from './people/chat-group.tsx'
import { OwnName } from './people/own-name.tsx'
import { PeopleList } from './people/people-list.tsx'
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
        <button type="button" class={styles.search} onClick={() => actions.search.show()}>
          {words.search.open}
        </button>
        <button type="button" class={styles.find} onClick={() => setIsFinding(!isFinding)} aria-expanded={isFinding}>
          {words.chats.find}
        </button>
      </header>
      {isFinding && <NewChat onDone={() => setIsFinding(false)} />}
      {chats.length === 0 && !isFinding && <p class={styles.none}>{words.chats.none}</p>}
      <div class={styles.list}>
        <ChatGroup chats={chats.filter(({ isRequest }) => isRequest)} open={open} title={words.people.requests} />
        <ChatGroup chats={chats.filter(({ isRequest, isArchived }) => !isRequest && !isArchived)} open={open} />
        <ArchivedChats chats={chats.filter(({ isRequest, isArchived }) => !isRequest && isArchived)} />
        <PeopleList />
      </div>
      <footer class={styles.footer}>
        <OwnName />
        <button
          type="button"
          class={styles.keys}
          aria-label={words.talk.keys.open}
          title={words.talk.keys.open}
          onClick={() => actions.showSheet(true)}
        >
          ?
        </button>
        <button type="button" aria-keyshortcuts="Control+, Meta+," onClick={() => actions.settings.show('account')}>
          {words.settings.open}
        </button>
      </footer>
    </nav>
  )
}
