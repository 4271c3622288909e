import type { MessageId } from '@fastchat/schema'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { MemberTrace, MessageTrace, Wording } from '../../engine/calls/trace-calls.ts'
import { usePage, useSelected } from '../page-context.ts'
import { RichText } from '../rich-text.tsx'
import { clockTime, shortTime } from '../times.ts'
import styles from './dialogs.module.css'

/** Shows who has a message, who has read it, and its earlier wordings. */
export function TraceDialog() {
  const { actions, words } = usePage()
  const line = useSelected((state) => state.tracing)
  const dialog = useRef<HTMLDialogElement>(null)
  const trace = useTrace(line?.id)
  useEffect(() => {
    if (line) dialog.current?.showModal()
  }, [line])
  if (!line) return null
  const { talk } = words
  return (
    <dialog
      ref={dialog}
      class={styles.dialog}
      aria-labelledby="trace-title"
      onClose={() => actions.traces.show(undefined)}
    >
      <h2 id="trace-title">{talk.detailsTitle}</h2>
      {trace && line.isOwn && !trace.members && <p>{talk.noReceipts}</p>}
      {trace?.members && <Members members={trace.members} />}
      {trace && trace.wordings.length > 1 && <Wordings wordings={trace.wordings} />}
      <div class={styles.buttons}>
        <button type="button" class={styles.done} onClick={() => dialog.current?.close()}>
          {words.close}
        </button>
      </div>
    </dialog>
  )
}

function Members({ members }: { readonly members: readonly MemberTrace[] }) {
  const { talk } = usePage().words
  const groups = (['read', 'delivered', 'stored'] as const).map((state) => ({
    state,
    names: members.filter((one) => one.state === state).map(({ name }) => name),
  }))
  return (
    <dl class={styles.members}>
      {groups
        .filter(({ names }) => names.length > 0)
        .map(({ state, names }) => (
          <div key={state}>
            <dt>{talk.members[state]}</dt>
            {names.map((name) => (
              <dd key={name} dir="auto">
                {name}
              </dd>
            ))}
          </div>
        ))}
    </dl>
  )
}

function Wordings({ wordings }: { readonly wordings: readonly Wording[] }) {
  const { words, language, clock } = usePage()
  return (
    <>
      <h3>{words.talk.versions}</h3>
      <ol class={styles.wordings}>
        {wordings.map(({ at, text }) => (
          <li key={at}>
            <time>
              {shortTime(at, language, clock.wallMs())} {clockTime(at, language)}
            </time>
            <p dir="auto">
              <RichText text={text} />
            </p>
          </li>
        ))}
      </ol>
    </>
  )
}

/** Returns what became of a message. It is read again when the chat changes. */
function useTrace(id: MessageId | undefined): MessageTrace | undefined {
  const { actions } = usePage()
  const timeline = useSelected((state) => state.timeline)
  const [trace, setTrace] = useState<MessageTrace>()
  useEffect(() => {
    let isOver = false
    if (id === undefined) return setTrace(undefined)
    actions.traces.of(id).then(
      (found) => isOver || setTrace(found),
      (error: unknown) => actions.tell(error),
    )
    return () => {
      isOver = true
    }
  }, [id, timeline, actions])
  return trace
}
