import type { ChatRow } from '../../engine/engine-state.ts'
import styles from '../conversation.module.css'
import { Icon } from '../icon.tsx'
import { placeOf } from '../menu/menu-context.ts'
import { usePage } from '../page-context.ts'
import { useChatMenu } from './use-chat-menu.ts'
import { useTimerMenu } from './use-timer-menu.ts'

/** The tools of the open chat: its search, and a menu. */
export function ConversationMenu({ chat }: { readonly chat: ChatRow }) {
  const { actions, words } = usePage()
  const showMenu = useChatMenu()
  const showTimer = useTimerMenu()
  const { talk } = words
  const title = chat.title ?? words.chats.unnamed
  const onMore = (button: HTMLElement) => {
    const at = placeOf(button)
    const timer = { label: talk.timer, run: () => showTimer(chat, at) }
    showMenu(chat, at, chat.mayPin && chat.mayWrite ? [timer] : [])
  }
  return (
    <div class={styles.tools}>
      <button
        type="button"
        class={styles.tool}
        aria-label={talk.search}
        title={talk.search}
        onClick={() => actions.search.show(chat.id)}
      >
        <Icon name="search" />
      </button>
      <button
        type="button"
        class={styles.tool}
        data-chat-menu
        aria-label={talk.moreOf(title)}
        aria-haspopup="menu"
        title={talk.more}
        onClick={({ currentTarget }) => onMore(currentTarget)}
      >
        ⋯
      </button>
    </div>
  )
}
