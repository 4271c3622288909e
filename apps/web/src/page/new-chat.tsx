import { useEffect, useRef, useState } from 'preact/hooks'
import type { Person } from '../engine/protocol.ts'
import { Avatar } from './avatar.tsx'
import styles from './new-chat.module.css'
import { usePage } from './page-context.ts'

/** Finds people by name, and begins a chat with one or a group with several. */
export function NewChat({ onDone }: { readonly onDone: () => void }) {
  const { actions, words } = usePage()
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<readonly Person[]>()
  const [isGroup, setIsGroup] = useState(false)
  const [chosen, setChosen] = useState<readonly Person[]>([])
  const [groupName, setGroupName] = useState('')
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => box.current?.focus(), [])
  useEffect(() => {
    let isCurrent = true
    actions.findPeople(query.trim()).then(
      (people) => isCurrent && setFound(people),
      () => isCurrent && setFound([]),
    )
    return () => {
      isCurrent = false
    }
  }, [query, actions])

  const choose = (person: Person) => {
    if (!isGroup) {
      void actions.openDirect(person.userId)
      onDone()
      return
    }
    const isChosen = chosen.some(({ userId }) => userId === person.userId)
    setChosen(isChosen ? chosen.filter(({ userId }) => userId !== person.userId) : [...chosen, person])
  }
  const create = (event: SubmitEvent) => {
    event.preventDefault()
    void actions.createGroup(
      groupName.trim(),
      chosen.map(({ userId }) => userId),
    )
    onDone()
  }

  return (
    <section class={styles.panel} aria-label={words.chats.find}>
      <input
        type="search"
        ref={box}
        placeholder={words.chats.search}
        aria-label={words.chats.search}
        value={query}
        onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        onKeyDown={({ key }) => key === 'Escape' && onDone()}
      />
      <label class={styles.group}>
        <input type="checkbox" checked={isGroup} onChange={() => setIsGroup(!isGroup)} />
        {words.chats.newGroup}
      </label>
      {isGroup && (
        <form class={styles.form} onSubmit={create}>
          <input
            required
            maxLength={100}
            placeholder={words.chats.groupName}
            aria-label={words.chats.groupName}
            value={groupName}
            onInput={({ currentTarget }) => setGroupName(currentTarget.value)}
          />
          <button type="submit" disabled={chosen.length === 0}>
            {words.chats.createGroup(chosen.length)}
          </button>
        </form>
      )}
      {found?.length === 0 && <p class={styles.nobody}>{words.chats.nobody}</p>}
      <ul class={styles.people} aria-label={words.chats.people}>
        {found?.map((person) => (
          <li key={person.userId}>
            <button
              type="button"
              class={styles.person}
              aria-pressed={isGroup ? chosen.some(({ userId }) => userId === person.userId) : undefined}
              onClick={() => choose(person)}
            >
              <Avatar name={person.name} />
              <span dir="auto">{person.name}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
