import { useContext } from 'preact/hooks'
import type { Line } from '../../engine/line.ts'
import styles from '../line-view.module.css'
import { usePage } from '../page-context.ts'
import { LineTabContext } from './line-tab-context.ts'

/** The reactions to a message. A click adds this person's, or takes it back. */
export function ReactionsRow({ line }: { readonly line: Line }) {
  const { actions, words } = usePage()
  const tabIndex = useContext(LineTabContext)
  if (!line.reactions) return null
  return (
    <span class={styles.reactions}>
      {line.reactions.map(({ emoji, names, isMine }) => (
        <button
          key={emoji}
          type="button"
          tabIndex={tabIndex}
          aria-pressed={isMine}
          title={words.conversation.reacted(emoji, names.join(', '))}
          onClick={() => void actions.messages.react(line, emoji)}
        >
          {emoji} {names.length}
        </button>
      ))}
    </span>
  )
}
