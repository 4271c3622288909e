import type { ConversationId } from '@fastchat/schema'
import { ConversationMenu } from './chats/conversation-menu.tsx'
import styles from './conversation.module.css'
import { GroupPanel } from './group-panel.tsx'
import { Icon } from './icon.tsx'
import { PinBar } from './messages/pin-bar.tsx'
import { usePage, useSelected } from './page-context.ts'
import { ChatFace } from './people/chat-face.tsx'
import { ChatTitle } from './people/chat-title.tsx'
import { KeyNotice } from './people/key-notice.tsx'
import { PresenceAfter } from './people/presence.tsx'
import { RequestBar } from './people/request-bar.tsx'
import { WritingPlace } from './people/writing-place.tsx'
import { TimelineView } from './timeline-view.tsx'

/** The people who are typing now. */
function TypingRow({ conversation }: { readonly conversation: ConversationId }) {
  const { words } = usePage()
  const names = useSelected(({ engine }) => engine?.typing?.[conversation])
  return (
    <p class={styles.typing} role="status">
      {names && names.length > 0 && words.conversation.typing(names.join(', '), names.length)}
    </p>
  )
}

/** The open conversation. */
export function ConversationPane() {
  const { actions, words } = usePage()
  const open = useSelected((state) => state.open)
  const chat = useSelected((state) => state.engine?.chats.find(({ id }) => id === state.open))
  const text = words.conversation
  if (open === undefined || !chat) return <main class={`${styles.pane} ${styles.empty}`}>{text.nothingOpen}</main>
  const title = chat.title ?? words.chats.unnamed
  return (
    <main class={styles.pane}>
      <header class={styles.header}>
        <button type="button" class={styles.back} aria-label={text.back} onClick={() => actions.timeline.close()}>
          ‹
        </button>
        <ChatFace chat={chat} title={title} />
        <div class={styles.titles}>
          <ChatTitle chat={chat} title={title} />
          <p class={styles.sub}>
            {chat.kind === 'group' ? `${words.chats.members(chat.members)} · ` : ''}
            {text.encrypted}
            {chat.peer !== undefined && <PresenceAfter userId={chat.peer} />}
            {chat.timerSeconds !== undefined && ` · ${words.talk.timerIs(chat.timerSeconds)}`}
          </p>
        </div>
        {chat.kind === 'group' && (
          <button
            type="button"
            class={styles.tool}
            aria-label={words.group.show}
            title={words.group.show}
            onClick={() => void actions.groups.show()}
          >
            <Icon name="info" />
          </button>
        )}
        <ConversationMenu chat={chat} />
      </header>
      <PinBar key={`pins ${open}`} conversation={open} />
      <GroupPanel key={`group ${open}`} title={title} />
      <TimelineView key={open} conversation={open} />
      {chat.isRequest && <RequestBar chat={chat} />}
      {chat.peer !== undefined && <KeyNotice userId={chat.peer} />}
      <TypingRow conversation={open} />
      <WritingPlace key={open} chat={chat} title={title} />
    </main>
  )
}
