import { useContext } from 'preact/hooks'
import type { Line, SendState } from '../../engine/line.ts'
import { Icon } from '../icon.tsx'
import styles from '../line-view.module.css'
import { usePage } from '../page-context.ts'
import { clockTime } from '../times.ts'
import { LineTabContext } from './line-tab-context.ts'

const marks: Readonly<Record<SendState, string>> = {
  queued: '◷',
  stored: '✓',
  delivered: '✓✓',
  read: '✓✓',
  failed: '!',
}

/** The time of a message, and its marks. */
export function LineMeta({ line }: { readonly line: Line }) {
  const { actions, words, language } = usePage()
  const tabIndex = useContext(LineTabContext)
  const { at, state, isEdited, isPinned, expiresAt } = line
  return (
    <span class={styles.meta}>
      {isPinned && (
        <span role="img" aria-label={words.talk.pinned} title={words.talk.pinned}>
          <Icon name="pin" />
        </span>
      )}
      {expiresAt !== undefined && (
        <span role="img" aria-label={words.talk.disappears} title={words.talk.disappears}>
          <Icon name="timer" />
        </span>
      )}
      {isEdited && (
        <button
          type="button"
          tabIndex={tabIndex}
          title={words.talk.showVersions}
          onClick={() => actions.traces.show(line)}
        >
          {words.conversation.edited}
        </button>
      )}
      <time dateTime={new Date(at).toISOString()}>{clockTime(at, language)}</time>
      {state && (
        <span class={`${styles.state} ${styles[state]}`} data-state={state}>
          <span aria-hidden="true">{marks[state]}</span>
          <span class={styles.hidden}>{words.conversation.states[state]}</span>
        </span>
      )}
    </span>
  )
}
