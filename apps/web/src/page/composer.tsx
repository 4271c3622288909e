import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import styles from './composer.module.css'
import { FileTray } from './file-tray.tsx'
import { usePage, useSelected } from './page-context.ts'

/** The longest text of a message, in letters. */
const maxLetters = 16_000
/** The most files that are sent together. */
const maxFiles = 20

/**
 * The box in which a message is written. Enter sends; Shift and Enter begin a new line. Files come by
 * a button, by pasting, and by dropping them anywhere.
 */
export function Composer() {
  const { actions, words, store } = usePage()
  const composing = useSelected((state) => state.composing)
  const [text, setText] = useState('')
  const [files, setFiles] = useState<readonly File[]>([])
  const box = useRef<HTMLTextAreaElement>(null)
  const chooser = useRef<HTMLInputElement>(null)
  useEffect(() => box.current?.focus(), [composing])
  useEffect(() => {
    if (composing?.kind === 'edit') setText(composing.line.text)
  }, [composing])
  useLayoutEffect(() => {
    box.current?.style.setProperty('height', 'auto')
    box.current?.style.setProperty('height', `${box.current.scrollHeight}px`)
  }, [text])
  const add = (more: readonly File[]) => {
    setFiles((chosen) => [...chosen, ...more].slice(0, maxFiles))
    box.current?.focus()
  }
  useDroppedFiles(add)

  const change = (next: string) => {
    setText(next)
    void actions.messages.typing(next.trim() === '')
  }
  const isEmpty = text.trim() === '' && files.length === 0
  const send = () => {
    if (isEmpty) return
    if (files.length > 0) void actions.files.send(files, text)
    else void actions.messages.send(text)
    setFiles([])
    change('')
    box.current?.focus()
  }
  const cancel = () => {
    if (composing?.kind === 'edit') setText('')
    actions.messages.endComposing()
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
      actions.messages.compose('edit', last)
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
      <FileTray files={files} onRemove={(file) => setFiles(files.filter((one) => one !== file))} />
      <input
        ref={chooser}
        class={styles.chooser}
        type="file"
        multiple
        tabIndex={-1}
        aria-label={words.files.choose}
        onChange={({ currentTarget }) => {
          add([...(currentTarget.files ?? [])])
          currentTarget.value = ''
        }}
      />
      <button type="button" title={words.files.choose} onClick={() => chooser.current?.click()}>
        <span aria-hidden="true">+</span>
        <span class={styles.hidden}>{words.files.choose}</span>
      </button>
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
        onBlur={() => void actions.messages.typing(true)}
        onPaste={(event) => {
          const pasted = [...(event.clipboardData?.files ?? [])]
          if (pasted.length === 0) return
          event.preventDefault()
          add(pasted)
        }}
      />
      <button type="submit" class={styles.send} disabled={isEmpty}>
        {words.conversation.send}
      </button>
    </form>
  )
}

/** Takes files that are dropped anywhere on the page. Without it a browser would open them. */
function useDroppedFiles(add: (files: readonly File[]) => void): void {
  const latest = useRef(add)
  latest.current = add
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault()
    const drop = (event: DragEvent) => {
      event.preventDefault()
      latest.current([...(event.dataTransfer?.files ?? [])])
    }
    addEventListener('dragover', over)
    addEventListener('drop', drop)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('drop', drop)
    }
  }, [])
}
