import { useEffect, useRef, useState } from 'preact/hooks'
import type { FoundLine } from '../engine/calls/search-calls.ts'
import { Avatar } from './avatar.tsx'
import { lineWords } from './line-words.ts'
import { usePage, useSelected } from './page-context.ts'
import styles from './search-dialog.module.css'
import { shortTime } from './times.ts'

/** Searches chats and messages while a person types. Ctrl or Cmd and K open it. */
export function SearchDialog() {
  const { words } = usePage()
  const dialog = useRef<HTMLDialogElement>(null)
  const [isOpen, setIsOpen] = useState(false)
  const open = () => {
    setIsOpen(true)
    dialog.current?.showModal()
  }
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      open()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
  return (
    <>
      <button type="button" class={styles.open} onClick={open}>
        {words.search.open}
      </button>
      <dialog class={styles.dialog} ref={dialog} aria-label={words.search.title} onClose={() => setIsOpen(false)}>
        {isOpen && <Results onDone={() => dialog.current?.close()} />}
      </dialog>
    </>
  )
}

function Results({ onDone }: { readonly onDone: () => void }) {
  const { actions, words, language, clock } = usePage()
  const chats = useSelected(({ engine }) => engine?.chats ?? [])
  const [query, setQuery] = useState('')
  const found = useFound(query)
  const wanted = query.trim().toLowerCase()
  const named = wanted === '' ? chats : chats.filter(({ title = '' }) => title.toLowerCase().includes(wanted))
  const go = (work: Promise<void>) => {
    void work
    onDone()
  }
  return (
    <>
      <input
        type="search"
        autocomplete="off"
        placeholder={words.search.title}
        aria-label={words.search.title}
        value={query}
        onInput={({ currentTarget }) => setQuery(currentTarget.value)}
      />
      <ul class={styles.list} aria-label={words.chats.title}>
        {named.slice(0, shownChats).map((chat) => (
          <li key={chat.id}>
            <button type="button" class={styles.found} onClick={() => go(actions.timeline.open(chat.id))}>
              <Avatar name={chat.title ?? words.chats.unnamed} />
              <span dir="auto">{chat.title ?? words.chats.unnamed}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length > 0 && <h2 class={styles.heading}>{words.search.messages}</h2>}
      <ul class={styles.list} aria-label={words.search.messages}>
        {found.map(({ conversation, title, line }) => (
          <li key={line.key}>
            <button
              type="button"
              class={styles.found}
              onClick={() => go(actions.timeline.openAt(conversation, line.seq ?? 0))}
            >
              <span class={styles.words} dir="auto">
                <small>
                  {title} · {line.name} · {shortTime(line.at, language, clock.wallMs())}
                </small>
                {lineWords(line, words)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {wanted !== '' && named.length === 0 && found.length === 0 && <p>{words.search.nothing}</p>}
    </>
  )
}

/** The most chats that are listed. */
const shownChats = 8

/** Returns the messages that a query finds. An answer to an older query is dropped. */
function useFound(query: string): readonly FoundLine[] {
  const { actions } = usePage()
  const [found, setFound] = useState<readonly FoundLine[]>([])
  useEffect(() => {
    let isCurrent = true
    actions.search.search(query).then(
      (lines) => isCurrent && setFound(lines),
      () => isCurrent && setFound([]),
    )
    return () => {
      isCurrent = false
    }
  }, [query, actions])
  return found
}
