import { Icon } from './icon.tsx'
import styles from './line-actions.module.css'
import { placeOf } from './menu/menu-context.ts'
import type { LineVerbs } from './messages/use-line-verbs.ts'
import { usePage } from './page-context.ts'

/** The reactions that are one click away. */
const quickReactions = ['👍', '❤️', '😂'] as const

type Props = { readonly verbs: LineVerbs; readonly onReact: (emoji: string) => void }

/**
 * The nearest things to do with a message, and a menu with all. They show while the pointer or the
 * focus is on the message. The keyboard has them in the menu, so Tab passes them.
 */
export function LineActions({ verbs: { reply, react, menu }, onReact }: Props) {
  const { words } = usePage()
  const { conversation, talk } = words
  if (!reply) return null
  return (
    <div class={styles.actions} role="toolbar" aria-label={conversation.actions}>
      {react && (
        <>
          {quickReactions.map((emoji) => (
            <button
              key={emoji}
              type="button"
              tabIndex={-1}
              aria-label={conversation.react(emoji)}
              onClick={() => onReact(emoji)}
            >
              {emoji}
            </button>
          ))}
          <button
            type="button"
            tabIndex={-1}
            aria-label={talk.addReaction}
            onClick={({ currentTarget }) => react(placeOf(currentTarget))}
          >
            <Icon name="smile" />
          </button>
        </>
      )}
      <button type="button" tabIndex={-1} onClick={reply}>
        {conversation.reply}
      </button>
      <button
        type="button"
        tabIndex={-1}
        aria-label={talk.more}
        aria-haspopup="menu"
        onClick={({ currentTarget }) => menu(placeOf(currentTarget))}
      >
        ⋯
      </button>
    </div>
  )
}
