import type { ConversationId } from '@fastchat/schema'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { FoundLine } from '../engine/calls/search-calls.ts'
import { Avatar } from './avatar.tsx'
import { usePage, useSelected } from './page-context.ts'
import { FoundItem } from './search/found-item.tsx'
import { SinceRow } from './search/since-row.tsx'
import styles from './search-dialog.module.css'

/** Searches messages while a person types: in one chat, or in all, with their names. */
export function SearchDialog() {
  const { actions, words } = usePage()
  const searching = useSelected((state) => state.searching)
  const title = useSelected(({ engine, searching: scope }) => {
    return engine?.chats.find(({ id }) => id === scope?.conversation)?.title
  })
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (searching) dialog.current?.showModal()
  }, [searching])
  if (!searching) return null
  const { conversation } = searching
  const label = conversation === undefined ? words.search.title : words.talk.searchIn(title ?? words.chats.unnamed)
  return (
    <dialog class={styles.dialog} ref={dialog} aria-label={label} onClose={() => actions.search.hide()}>
      <Results key={conversation ?? ''} label={label} conversation={conversation} />
    </dialog>
  )
}

type ResultsProps = { readonly label: string; readonly conversation: ConversationId | undefined }

function Results({ label, conversation }: ResultsProps) {
  const { actions, words } = usePage()
  const [query, setQuery] = useState('')
  const list = useRef<HTMLDivElement>(null)
  const found = useFound(query, conversation)
  const wanted = query.trim().toLowerCase()
  const chats = useSelected(({ engine }) => engine?.chats ?? [])
  const named = conversation === undefined ? chats.filter(({ title = '' }) => title.toLowerCase().includes(wanted)) : []
  const go = (work: Promise<void>) => {
    void work
    actions.search.hide()
  }
  return (
    <>
      <input
        type="search"
        autocomplete="off"
        placeholder={label}
        aria-label={label}
        value={query}
        onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') list.current?.querySelector('button')?.click()
          // A browser would only empty the field.
          if (event.key === 'Escape') {
            event.preventDefault()
            actions.search.hide()
          }
          if (event.key === 'ArrowDown') list.current?.querySelector('button')?.focus()
        }}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrows move among the buttons in it */}
      <div ref={list} class={styles.results} onKeyDown={moveInList}>
        {named.length > 0 && (
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
        )}
        {found.length > 0 && <h2 class={styles.heading}>{words.search.messages}</h2>}
        <ul class={styles.list} aria-label={words.search.messages}>
          {found.map((one) => (
            <FoundItem
              key={one.line.key}
              found={one}
              onGo={() => go(actions.timeline.openAt(one.conversation, one.line.seq ?? 0))}
            />
          ))}
        </ul>
        {wanted !== '' && named.length === 0 && found.length === 0 && <p>{words.search.nothing}</p>}
      </div>
      <SinceRow conversation={conversation} />
    </>
  )
}

/** The most chats that are listed. */
const shownChats = 8

/** Moves the focus among the results. */
function moveInList(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const all = [...event.currentTarget.querySelectorAll('button')]
  const at = all.findIndex((one) => one.matches(':focus'))
  const next = all[at + step]
  if (next) next.focus()
  else if (step < 0) event.currentTarget.parentElement?.querySelector('input')?.focus()
}

/** Returns the messages that a query finds. An answer to an older query is dropped. */
function useFound(query: string, conversation: ConversationId | undefined): readonly FoundLine[] {
  const { actions } = usePage()
  const [found, setFound] = useState<readonly FoundLine[]>([])
  useEffect(() => {
    let isCurrent = true
    actions.search.search(query, conversation).then(
      (lines) => isCurrent && setFound(lines),
      (error: unknown) => isCurrent && actions.tell(error),
    )
    return () => {
      isCurrent = false
    }
  }, [query, conversation, actions])
  return found
}
