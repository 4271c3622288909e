import type { ConversationId } from '@fastchat/schema'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Avatar } from '../avatar.tsx'
import { usePage, useSelected } from '../page-context.ts'
import styles from './dialogs.module.css'

/** The most chats that get a message at once. */
const maxChats = 10

/** Lets a person choose the chats that get a message. */
export function ForwardDialog() {
  const { actions } = usePage()
  const line = useSelected((state) => state.forwarding)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (line) dialog.current?.showModal()
  }, [line])
  if (line?.id === undefined) return null
  const source = line.id
  return (
    <dialog
      ref={dialog}
      class={styles.dialog}
      aria-labelledby="forward-title"
      onClose={() => actions.traces.askToForward(undefined)}
    >
      <ChatChooser onDone={(chats) => void actions.traces.forward(source, chats)} />
    </dialog>
  )
}

function ChatChooser({ onDone }: { readonly onDone: (chats: readonly ConversationId[]) => void }) {
  const { actions, words } = usePage()
  const chats = useSelected(({ engine }) => engine?.chats ?? [])
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState<readonly ConversationId[]>([])
  const wanted = query.trim().toLowerCase()
  const shown = chats.filter(
    ({ mayWrite, isRequest, title = '' }) => mayWrite && !isRequest && title.toLowerCase().includes(wanted),
  )
  const toggle = (id: ConversationId) =>
    setChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(0, maxChats))
  const { talk } = words
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (chosen.length > 0) onDone(chosen)
      }}
    >
      <h2 id="forward-title">{talk.forwardTo}</h2>
      <input
        type="search"
        autocomplete="off"
        placeholder={words.chats.title}
        aria-label={words.chats.title}
        value={query}
        onInput={({ currentTarget }) => setQuery(currentTarget.value)}
      />
      <ul class={styles.list}>
        {shown.map(({ id, title = words.chats.unnamed }) => (
          <li key={id}>
            <label class={styles.choice}>
              <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} />
              <Avatar name={title} />
              <span dir="auto">{title}</span>
            </label>
          </li>
        ))}
      </ul>
      <div class={styles.buttons}>
        <button type="button" onClick={() => actions.traces.askToForward(undefined)}>
          {words.cancel}
        </button>
        <button type="submit" class={styles.done} disabled={chosen.length === 0}>
          {chosen.length === 0 ? talk.forward : talk.forwardToCount(chosen.length)}
        </button>
      </div>
    </form>
  )
}
