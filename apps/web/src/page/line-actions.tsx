import type { Line } from '../engine/line.ts'
import styles from './conversation.module.css'
import { usePage } from './page-context.ts'

/** The reactions that are one click away. */
const quickReactions = ['👍', '❤️', '😂'] as const

/** What a person can do with a message. It shows while the pointer or the focus is on the message. */
export function LineActions({ line }: { readonly line: Line }) {
  const { actions, words } = usePage()
  const { conversation } = words
  if (line.id === undefined || line.kind === 'deleted') return null
  return (
    <div class={styles.actions} role="toolbar" aria-label={conversation.actions}>
      {quickReactions.map((emoji) => (
        <button
          key={emoji}
          type="button"
          aria-label={conversation.react(emoji)}
          onClick={() => void actions.messages.react(line, emoji)}
        >
          {emoji}
        </button>
      ))}
      <button type="button" onClick={() => actions.messages.compose('reply', line)}>
        {conversation.reply}
      </button>
      {line.isOwn && line.kind === 'text' && (
        <button type="button" onClick={() => actions.messages.compose('edit', line)}>
          {conversation.edit}
        </button>
      )}
      <button type="button" onClick={() => actions.messages.askToDelete(line)}>
        {conversation.remove}
      </button>
    </div>
  )
}
