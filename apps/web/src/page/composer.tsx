import type { ConversationId } from '@fastchat/schema'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { CompletionList } from './composer/completion-list.tsx'
import { type Completion, completed, type Written, withAllEmojiNamed, withEmojiNamed } from './composer/completions.ts'
import { ComposingRow } from './composer/composing-row.tsx'
import { FileButton } from './composer/file-button.tsx'
import { useCompletions } from './composer/use-completions.ts'
import { useDraft } from './composer/use-draft.ts'
import { useFiles } from './composer/use-files.ts'
import styles from './composer.module.css'
import { emojiPanel } from './emoji/emoji-panel.tsx'
import { FileTray } from './file-tray.tsx'
import { Icon } from './icon.tsx'
import { runShortcut } from './keyboard/use-shortcuts.ts'
import { placeOf, usePopup } from './menu/menu-context.ts'
import { usePage, useSelected } from './page-context.ts'

/** The longest text of a message, in letters. */
const maxLetters = 16_000

/**
 * The box in which a message is written. Enter sends; Shift and Enter begin a new line. Files come by
 * a button, by pasting, and by dropping them anywhere.
 */
export function Composer({ conversation }: { readonly conversation: ConversationId }) {
  const { actions, words, store, clock } = usePage()
  const popup = usePopup()
  const composing = useSelected((state) => state.composing)
  const draft = useDraft(conversation)
  const [edited, setEdited] = useState('')
  const isEditing = composing?.kind === 'edit'
  const text = isEditing ? edited : draft.text
  const [caret, setCaret] = useState(0)
  const [chosen, setChosen] = useState(0)
  const [closedAt, setClosedAt] = useState<string>()
  const box = useRef<HTMLTextAreaElement>(null)
  const files = useFiles(() => box.current?.focus())
  const { wanted, found, emoji } = useCompletions(conversation, { text, caret })
  const isCompleting = wanted !== undefined && found.length > 0 && closedAt !== text
  const at = Math.min(chosen, found.length - 1)

  useEffect(() => box.current?.focus(), [composing])
  useEffect(() => {
    if (composing?.kind === 'edit') setEdited(composing.line.text)
  }, [composing])
  const nextCaret = useRef<number | undefined>(undefined)
  useLayoutEffect(() => {
    const { current } = box
    if (!current) return
    current.style.setProperty('height', 'auto')
    current.style.setProperty('height', `${current.scrollHeight}px`)
    if (nextCaret.current !== undefined) current.setSelectionRange(nextCaret.current, nextCaret.current)
    nextCaret.current = undefined
  }, [text])

  const change = (next: string) => {
    if (isEditing) setEdited(next)
    else draft.change(next)
    void actions.messages.typing(next.trim() === '')
  }
  const put = ({ text: next, caret: place }: Written) => {
    nextCaret.current = place
    setCaret(place)
    setChosen(0)
    change(next)
  }
  // Names that were written before the emoji came. The box may have more text than the last drawing.
  useEffect(() => {
    const { value, selectionStart } = box.current ?? { value: '', selectionStart: 0 }
    const next = withAllEmojiNamed({ text: value, caret: selectionStart }, emoji)
    if (next.text !== value) put(next)
  }, [emoji])
  const onInput = ({ value, selectionStart }: HTMLTextAreaElement) => {
    const written = { text: value, caret: selectionStart }
    const named = withEmojiNamed(written, emoji)
    if (named) return put(named)
    setCaret(selectionStart)
    setChosen(0)
    change(value)
  }
  const take = (completion: Completion) => {
    if (wanted) put(completed({ text, caret }, wanted.from, completion))
    box.current?.focus()
  }
  const isEmpty = text.trim() === '' && (isEditing || files.chosen.length === 0)
  const send = () => {
    if (isEmpty) return
    if (files.chosen.length > 0 && !isEditing)
      void actions.files.send({ files: files.chosen, caption: text, isOriginal: files.isOriginal })
    else void actions.messages.send(text)
    if (!isEditing) {
      files.clear()
      change('')
    } else setEdited('')
    box.current?.focus()
  }
  const insert = (emojiText: string) => {
    const place = box.current?.selectionStart ?? text.length
    put({ text: text.slice(0, place) + emojiText + text.slice(place), caret: place + emojiText.length })
    box.current?.focus()
  }
  const completeByKey = (event: KeyboardEvent): boolean => {
    const completion = found[at]
    if (!isCompleting || !completion) return false
    const count = found.length
    if (event.key === 'ArrowDown') setChosen((at + 1) % count)
    else if (event.key === 'ArrowUp') setChosen((at - 1 + count) % count)
    else if (event.key === 'Enter' || event.key === 'Tab') take(completion)
    else if (event.key === 'Escape') setClosedAt(text)
    else return false
    event.preventDefault()
    return true
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes a word, the keys belong to it.
    if (event.isComposing || completeByKey(event)) return
    if (event.key === 'ArrowUp' && text !== '') return
    if ((event.key === 'Enter' && event.shiftKey) || (event.key === 'Escape' && !composing)) return
    runShortcut('box', event, {
      ...{ send, newLine: () => {}, cancel: actions.messages.endComposing.bind(actions.messages) },
      editLast: () => {
        const last = store.state.timeline?.lines.findLast(({ editableUntil = 0 }) => clock.wallMs() < editableUntil)
        if (last) actions.messages.compose('edit', last)
      },
    })
  }

  return (
    <form
      class={styles.composer}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {isCompleting && <CompletionList id="completions" found={found} at={at} onTake={take} />}
      {composing && <ComposingRow composing={composing} />}
      <FileTray files={files} />
      <FileButton onFiles={files.add} />
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        data-box
        maxLength={maxLetters}
        placeholder={words.conversation.write}
        aria-label={words.conversation.write}
        aria-autocomplete="list"
        aria-controls={isCompleting ? 'completions' : undefined}
        aria-activedescendant={isCompleting ? `completions-${at}` : undefined}
        value={text}
        onInput={({ currentTarget }) => onInput(currentTarget)}
        onSelect={({ currentTarget }) => setCaret(currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
        onBlur={() => void actions.messages.typing(true)}
        onPaste={(event) => {
          const pasted = [...(event.clipboardData?.files ?? [])]
          if (pasted.length === 0) return
          event.preventDefault()
          files.add(pasted)
        }}
      />
      <button
        type="button"
        class={styles.tool}
        aria-label={words.talk.emoji.open}
        title={words.talk.emoji.open}
        onClick={({ currentTarget }) =>
          popup({ at: placeOf(currentTarget), label: words.talk.emoji.open, panel: emojiPanel(insert) })
        }
      >
        <Icon name="smile" />
      </button>
      <button type="submit" class={styles.send} disabled={isEmpty}>
        {words.conversation.send}
      </button>
    </form>
  )
}
