import type { Line } from '../engine/line.ts'
import { FailedActions } from './failed-actions.tsx'
import { FileView } from './file-view.tsx'
import { Icon } from './icon.tsx'
import { runShortcut } from './keyboard/use-shortcuts.ts'
import { LineActions } from './line-actions.tsx'
import styles from './line-view.module.css'
import { lineWords } from './line-words.ts'
import { placeOf, placeOfEvent } from './menu/menu-context.ts'
import { LineMeta } from './messages/line-meta.tsx'
import { LineTabContext } from './messages/line-tab-context.ts'
import { moveFocus, toBox } from './messages/move-focus.ts'
import { QuoteView } from './messages/quote-view.tsx'
import { ReactionsRow } from './messages/reactions-row.tsx'
import { type LineVerbs, useLineVerbs } from './messages/use-line-verbs.ts'
import { usePage } from './page-context.ts'
import { AuthorName } from './people/author-name.tsx'
import { SharedPast } from './people/shared-past.tsx'
import { TroubleLine } from './people/trouble-line.tsx'
import { RichText } from './rich-text.tsx'

type LineViewProps = {
  readonly line: Line
  readonly isFollowing: boolean
  /** A search has led here. */
  readonly isMarked: boolean
  /** The arrow keys have led here, or would begin here. */
  readonly isActive: boolean
  readonly onActive: (key: string) => void
}

/** One line of a conversation. */
export function LineView({ line, ...props }: LineViewProps) {
  const { words } = usePage()
  if (line.event?.event.kind === 'trouble') return <TroubleLine line={line} />
  if (line.kind !== 'system' && line.kind !== 'gap') return <MessageView line={line} {...props} />
  return (
    <p class={styles.system} dir="auto" data-seq={line.seq}>
      {lineWords(line, words)}
      <SharedPast line={line} />
    </p>
  )
}

function MessageView({ line, isFollowing, isMarked, isActive, onActive }: LineViewProps) {
  const { actions, words } = usePage()
  const verbs = useLineVerbs(line)
  const kinds = [
    ...[styles.line, line.isOwn && styles.own, isFollowing && styles.following],
    ...[isMarked && styles.marked, line.isForMe && styles.forMe],
  ]
  return (
    <LineTabContext.Provider value={isActive ? 0 : -1}>
      <article
        class={kinds.filter(Boolean).join(' ')}
        tabIndex={isActive ? 0 : -1}
        data-id={line.id}
        data-seq={line.seq}
        data-marked={isMarked || undefined}
        onFocus={() => onActive(line.key)}
        onKeyDown={(event) => onKeyDown(event, verbs)}
        onContextMenu={(event) => {
          // The browser's own menu stays for links and for selected words.
          if ((event.target as Element).closest('a') || getSelection()?.isCollapsed === false) return
          event.preventDefault()
          verbs.menu(placeOfEvent(event, event.currentTarget))
        }}
        onDblClick={({ target }) => {
          if ((target as Element).closest('a, button')) return
          getSelection()?.removeAllRanges()
          verbs.reply?.()
        }}
      >
        {!isFollowing && !line.isOwn && <AuthorName line={line} />}
        <div class={styles.row}>
          <div class={styles.bubble} dir="auto">
            {line.isForwarded && (
              <span class={styles.note}>
                <Icon name="forward" /> {words.talk.forwarded}
              </span>
            )}
            {line.isForMe && <span class={styles.hidden}>{words.talk.mentioned}</span>}
            {line.replyTo && <QuoteView quote={line.replyTo} />}
            <span class={styles.text}>
              {line.file && <FileView line={line} file={line.file} />}
              {line.kind === 'text' || line.file ? (
                <RichText text={line.text} names={line.mentions} />
              ) : (
                <em>{lineWords(line, words)}</em>
              )}
            </span>
            <LineMeta line={line} />
          </div>
          {line.state === 'failed' ? (
            <FailedActions line={line} />
          ) : (
            <LineActions verbs={verbs} onReact={(emoji) => void actions.messages.react(line, emoji)} />
          )}
        </div>
        <ReactionsRow line={line} />
      </article>
    </LineTabContext.Provider>
  )
}

/** Does what a key asks for on the message that has the focus. */
function onKeyDown(event: KeyboardEvent & { readonly currentTarget: HTMLElement }, verbs: LineVerbs): void {
  const { currentTarget: article, target } = event
  if (target !== article) return
  const at = placeOf(article)
  const { reply, edit, react, forward, pin, copy, details, remove, menu } = verbs
  const nothing = () => {}
  runShortcut('message', event, {
    ...{ lineAbove: () => moveFocus(article, -1), lineBelow: () => moveFocus(article, 1), back: toBox },
    ...{ reply: reply ?? nothing, edit: edit ?? nothing, forward: forward ?? nothing, pin: pin ?? nothing },
    ...{ copy: copy ?? nothing, details: details ?? nothing, remove: remove ?? nothing },
    ...{ react: () => react?.(at), lineMenu: () => menu(at) },
  })
}
