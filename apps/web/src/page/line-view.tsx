import type { Line, SendState } from '../engine/line.ts'
import styles from './conversation.module.css'
import { FailedActions } from './failed-actions.tsx'
import { FileView } from './file-view.tsx'
import { LineActions } from './line-actions.tsx'
import { lineWords } from './line-words.ts'
import { usePage } from './page-context.ts'
import { AuthorName } from './people/author-name.tsx'
import { SharedPast } from './people/shared-past.tsx'
import { TroubleLine } from './people/trouble-line.tsx'
import { RichText } from './rich-text.tsx'
import { clockTime } from './times.ts'

const marks: Readonly<Record<SendState, string>> = {
  queued: '◷',
  stored: '✓',
  delivered: '✓✓',
  read: '✓✓',
  failed: '!',
}

type LineViewProps = {
  readonly line: Line
  readonly isFollowing: boolean
  /** A search has led here. */
  readonly isMarked: boolean
}

/** One line of a conversation. */
export function LineView({ line, isFollowing, isMarked }: LineViewProps) {
  const { actions, words } = usePage()
  if (line.event?.event.kind === 'trouble') return <TroubleLine line={line} />
  if (line.kind === 'system' || line.kind === 'gap')
    return (
      <p class={styles.system} dir="auto">
        {lineWords(line, words)}
        <SharedPast line={line} />
      </p>
    )
  const kinds = [styles.line, line.isOwn && styles.own, isFollowing && styles.following, isMarked && styles.marked]
  return (
    <article class={kinds.filter(Boolean).join(' ')} data-id={line.id} data-marked={isMarked || undefined}>
      {!isFollowing && !line.isOwn && <AuthorName line={line} />}
      <div class={styles.row}>
        <div class={styles.bubble} dir="auto">
          {line.replyTo && (
            <blockquote class={styles.quote}>
              {line.replyTo.kind === 'missing'
                ? words.conversation.missing
                : `${line.replyTo.name ?? ''}: ${line.replyTo.text ?? words.conversation.unknown}`}
            </blockquote>
          )}
          <span class={styles.text}>
            {line.file && <FileView line={line} file={line.file} />}
            {line.kind === 'text' || line.file ? <RichText text={line.text} /> : <em>{lineWords(line, words)}</em>}
          </span>
          <Meta line={line} />
        </div>
        {line.state === 'failed' ? <FailedActions line={line} /> : <LineActions line={line} />}
      </div>
      {line.reactions && (
        <span class={styles.reactions}>
          {line.reactions.map((reaction) => (
            <button
              key={reaction.emoji}
              type="button"
              aria-pressed={reaction.isMine}
              title={words.conversation.reacted(reaction.emoji, reaction.names.join(', '))}
              onClick={() => void actions.messages.react(line, reaction.emoji)}
            >
              {reaction.emoji} {reaction.names.length}
            </button>
          ))}
        </span>
      )}
    </article>
  )
}

/** The time of a message, and its mark. */
function Meta({ line: { at, state, isEdited } }: { readonly line: Line }) {
  const { words, language } = usePage()
  return (
    <span class={styles.meta}>
      {isEdited && <span>{words.conversation.edited}</span>}
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
