import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import styles from './composer.module.css'
import { usePage, useSelected } from './page-context.ts'

/** The longest text of a message, in letters. */
const maxLetters = 16_000

/** The box in which a message is written. Enter sends; Shift and Enter begin a new line. */
export function Composer() {
  const { actions, words, store } = usePage()
  const composing = useSelected((state) => state.composing)
  const [text, setText] = useState('')
  const box = useRef<HTMLTextAreaElement>(null)
  useEffect(() => box.current?.focus(), [composing])
  useEffect(() => {
    if (composing?.kind === 'edit') setText(composing.line.text)
  }, [composing])
  useLayoutEffect(() => {
    box.current?.style.setProperty('height', 'auto')
    box.current?.style.setProperty('height', `${box.current.scrollHeight}px`)
  }, [text])

  const change = (next: string) => {
    setText(next)
    void actions.typing(next.trim() === '')
  }
  const send = () => {
    if (text.trim() === '') return
    void actions.send(text)
    change('')
    box.current?.focus()
  }
  const cancel = () => {
    if (composing?.kind === 'edit') setText('')
    actions.endComposing()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a word, the keys belong to it.
    if (event.isComposing) return
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      send()
    } else if (event.key === 'Escape' && composing) {
      event.preventDefault()
      cancel()
    } else if (event.key === 'ArrowUp' && text === '') {
      const last = store.state.timeline?.lines.findLast((line) => line.isOwn && line.kind === 'text')
      if (!last) return
      event.preventDefault()
      actions.compose('edit', last)
    }
  }

  return (
    <form
      class={styles.composer}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {composing && (
        <p class={styles.about} dir="auto">
          <span>
            {composing.kind === 'edit'
              ? words.conversation.editing
              : words.conversation.answering(composing.line.name ?? '')}
            : <q>{composing.line.text}</q>
          </span>
          <button type="button" onClick={cancel}>
            {words.cancel}
          </button>
        </p>
      )}
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        maxLength={maxLetters}
        placeholder={words.conversation.write}
        aria-label={words.conversation.write}
        value={text}
        onInput={({ currentTarget }) => change(currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => void actions.typing(true)}
      />
      <button type="submit" class={styles.send} disabled={text.trim() === ''}>
        {words.conversation.send}
      </button>
    </form>
  )
}
