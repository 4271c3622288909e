import type { ChatRow } from '../engine/engine-state.ts'
import { RowSigns } from './chats/row-signs.tsx'
import { useChatMenu } from './chats/use-chat-menu.ts'
import { lineWords } from './line-words.ts'
import { placeOfEvent } from './menu/menu-context.ts'
import { usePage } from './page-context.ts'
import { ChatFace } from './people/chat-face.tsx'
import { PersonName } from './people/person-name.tsx'
import styles from './sidebar.module.css'
import { shortTime } from './times.ts'

/** One chat of the list. */
export function ChatItem({ chat, isOpen }: { readonly chat: ChatRow; readonly isOpen: boolean }) {
  const { actions, words, language, clock } = usePage()
  const showMenu = useChatMenu()
  const title = chat.title ?? words.chats.unnamed
  const { last } = chat
  const author = last?.isOwn ? words.chats.you : chat.kind === 'group' ? last?.name : undefined
  const preview = last ? `${author && last.kind !== 'system' ? `${author}: ` : ''}${lineWords(last, words)}` : ''
  return (
    <li>
      <button
        type="button"
        class={styles.chat}
        aria-current={isOpen ? 'true' : undefined}
        onClick={() => void actions.timeline.open(chat.id)}
        onContextMenu={(event) => {
          event.preventDefault()
          showMenu(chat, placeOfEvent(event, event.currentTarget))
        }}
      >
        <ChatFace chat={chat} title={title} />
        <span class={styles.words}>
          <span class={styles.title} dir="auto">
            <PersonName name={title} userId={chat.peer} />
          </span>
          <span class={styles.preview} dir="auto">
            {chat.draft !== undefined && !isOpen && !chat.isRequest ? (
              <>
                <em class={styles.draft}>{words.talk.draft}:</em> {chat.draft}
              </>
            ) : chat.isRequest ? (
              words.chats.request
            ) : (
              preview
            )}
          </span>
        </span>
        <span class={styles.side}>
          <time>{shortTime(chat.lastAt, language, clock.wallMs())}</time>
          <RowSigns chat={chat} />
        </span>
      </button>
    </li>
  )
}
