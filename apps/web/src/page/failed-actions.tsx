import type { Line } from '../engine/line.ts'
import styles from './line-view.module.css'
import { usePage } from './page-context.ts'
import { failureWords } from './people/trouble-words.ts'

/** The ways on with a message that could not be sent. */
export function FailedActions({ line: { id, failure } }: { readonly line: Line }) {
  const { actions, words } = usePage()
  if (id === undefined) return null
  return (
    <div class={styles.failedActions} title={failure && failureWords({ code: failure }, words)}>
      <button type="button" onClick={() => void actions.messages.retryFailed(id)}>
        {words.conversation.retry}
      </button>
      <button type="button" onClick={() => void actions.messages.discardFailed(id)}>
        {words.conversation.discard}
      </button>
    </div>
  )
}
