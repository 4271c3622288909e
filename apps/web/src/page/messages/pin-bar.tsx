import type { ConversationId } from '@fastchat/schema'
import { useEffect, useState } from 'preact/hooks'
import type { Line } from '../../engine/line.ts'
import { Icon } from '../icon.tsx'
import { lineWords } from '../line-words.ts'
import { usePage, useSelected } from '../page-context.ts'
import styles from './pin-bar.module.css'

/** The pinned messages of a chat, one at a time. A click leads to the message and shows the next. */
export function PinBar({ conversation }: { readonly conversation: ConversationId }) {
  const { actions, words } = usePage()
  const mayPin = useSelected(({ engine }) => engine?.chats.find(({ id }) => id === conversation)?.mayPin === true)
  const pins = usePins(conversation)
  const [at, setAt] = useState(0)
  const n = pins.length === 0 ? 0 : at % pins.length
  const line = pins[n]
  if (!line) return null
  const { talk } = words
  const text = `${line.isOwn ? words.chats.you : (line.name ?? '')}: ${lineWords(line, words)}`
  return (
    <section class={styles.bar} aria-label={talk.pinned}>
      <button
        type="button"
        class={styles.jump}
        onClick={() => {
          setAt(n + 1)
          if (line.seq !== undefined) void actions.timeline.openAt(conversation, line.seq)
        }}
      >
        <Icon name="pin" />
        <span class={styles.words}>
          <small>{pins.length > 1 ? talk.pinnedOf(n + 1, pins.length) : talk.pinned}</small>
          <span dir="auto">{text}</span>
        </span>
      </button>
      {mayPin && (
        <button
          type="button"
          aria-label={talk.unpin}
          title={talk.unpin}
          onClick={() => void actions.pins.pin(line, false)}
        >
          ×
        </button>
      )}
    </section>
  )
}

/** Returns the pinned messages. They are read again when the chat changes. */
function usePins(conversation: ConversationId): readonly Line[] {
  const { actions } = usePage()
  const timeline = useSelected((state) => state.timeline)
  const [pins, setPins] = useState<readonly Line[]>([])
  useEffect(() => {
    let isOver = false
    actions.pins.of(conversation).then(
      (found) => isOver || setPins(found),
      (error: unknown) => actions.tell(error),
    )
    return () => {
      isOver = true
    }
  }, [conversation, timeline, actions])
  return pins
}
