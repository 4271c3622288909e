import type { Line, SendState } from '../engine/protocol.ts'
import styles from './conversation.module.css'
import { lineWords } from './line-words.ts'
import { usePage } from './page-context.ts'
import { RichText } from './rich-text.tsx'
import { clockTime } from './times.ts'

const marks: Readonly<Record<SendState, string>> = {
  queued: '◷',
  stored: '✓',
  delivered: '✓✓',
  read: '✓✓',
  failed: '!',
}

/** One line of a conversation. */
export function LineView({ line, isFollowing }: { readonly line: Line; readonly isFollowing: boolean }) {
  const { words, language } = usePage()
  if (line.kind === 'system' || line.kind === 'gap')
    return (
      <p class={styles.system} dir="auto">
        {lineWords(line, words)}
      </p>
    )
  const { state } = line
  const kinds = [styles.line, line.isOwn && styles.own, isFollowing && styles.following]
  return (
    <article class={kinds.filter(Boolean).join(' ')} data-id={line.id}>
      {!isFollowing && !line.isOwn && (
        <span class={styles.author} dir="auto">
          {line.name}
        </span>
      )}
      <div class={styles.bubble} dir="auto">
        {line.kind === 'text' ? <RichText text={line.text} /> : <em>{lineWords(line, words)}</em>}
        <span class={styles.meta}>
          {line.isEdited && <span>{words.conversation.edited}</span>}
          <time dateTime={new Date(line.at).toISOString()}>{clockTime(line.at, language)}</time>
          {state && (
            <span class={`${styles.state} ${styles[state]}`} data-state={state}>
              <span aria-hidden="true">{marks[state]}</span>
              <span class={styles.hidden}>{words.conversation.states[state]}</span>
            </span>
          )}
        </span>
      </div>
    </article>
  )
}
