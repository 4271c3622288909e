import { useEffect, useRef, useState } from 'preact/hooks'
import styles from './conversation.module.css'
import { usePage } from './page-context.ts'

/** The longest text of a message, in letters. */
const maxLetters = 16_000

/** The box in which a message is written. Enter sends; Shift and Enter begin a new line. */
export function Composer() {
  const { actions, words } = usePage()
  const [text, setText] = useState('')
  const box = useRef<HTMLTextAreaElement>(null)
  useEffect(() => box.current?.focus(), [])
  useEffect(() => {
    const { current } = box
    if (!current) return
    current.style.setProperty('height', 'auto')
    current.style.setProperty('height', `${current.scrollHeight}px`)
  }, [text])
  const send = () => {
    if (text.trim() === '') return
    void actions.send(text)
    setText('')
    box.current?.focus()
  }
  return (
    <form
      class={styles.composer}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        maxLength={maxLetters}
        placeholder={words.conversation.write}
        aria-label={words.conversation.write}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          // While an input method composes a word, Enter belongs to it.
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
          event.preventDefault()
          send()
        }}
      />
      <button type="submit" disabled={text.trim() === ''}>
        {words.conversation.send}
      </button>
    </form>
  )
}
