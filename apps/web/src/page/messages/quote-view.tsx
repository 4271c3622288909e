import { useContext } from 'preact/hooks'
import type { QuotedLine } from '../../engine/line.ts'
import styles from '../line-view.module.css'
import { usePage, useSelected } from '../page-context.ts'
import { LineTabContext } from './line-tab-context.ts'

/** The beginning of the message that another one answers. A click leads to it. */
export function QuoteView({ quote }: { readonly quote: QuotedLine }) {
  const { actions, words } = usePage()
  const tabIndex = useContext(LineTabContext)
  const open = useSelected((state) => state.open)
  const { kind, name = '', seq } = quote
  const text = kind === 'missing' ? words.conversation.missing : `${name}: ${quote.text ?? words.conversation.unknown}`
  return (
    <blockquote class={styles.quote}>
      {open === undefined || seq === undefined ? (
        text
      ) : (
        <button
          type="button"
          tabIndex={tabIndex}
          title={words.talk.toQuoted}
          onClick={() => void actions.timeline.openAt(open, seq)}
        >
          {text}
        </button>
      )}
    </blockquote>
  )
}
