import { useEffect, useRef, useState } from 'preact/hooks'
import type { Person } from '../engine/engine-state.ts'
import { Avatar } from './avatar.tsx'
import styles from './new-chat.module.css'
import { usePage } from './page-context.ts'

type Props = {
  readonly onChoose: (person: Person) => void
  readonly onCancel: () => void
  /** Says whether a person is marked as chosen. Absent where one choice ends the search. */
  readonly isChosen?: (person: Person) => boolean
  readonly isHidden?: (person: Person) => boolean
}

/** Finds people by the beginning of their names. */
export function PeopleFinder({ onChoose, onCancel, isChosen, isHidden }: Props) {
  const { actions, words } = usePage()
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<readonly Person[]>()
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => box.current?.focus(), [])
  useEffect(() => {
    let isCurrent = true
    actions.chats.findPeople(query.trim()).then(
      (people) => isCurrent && setFound(people),
      () => isCurrent && setFound([]),
    )
    return () => {
      isCurrent = false
    }
  }, [query, actions])
  const shown = found?.filter((person) => !isHidden?.(person))
  return (
    <>
      <input
        type="search"
        ref={box}
        placeholder={words.chats.search}
        aria-label={words.chats.search}
        value={query}
        onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.preventDefault()
          onCancel()
        }}
      />
      {shown?.length === 0 && <p class={styles.nobody}>{words.chats.nobody}</p>}
      <ul class={styles.people} aria-label={words.chats.people}>
        {shown?.map((person) => (
          <li key={person.userId}>
            <button
              type="button"
              class={styles.person}
              aria-pressed={isChosen?.(person)}
              onClick={() => onChoose(person)}
            >
              <Avatar name={person.name} userId={person.userId} />
              <span dir="auto">{person.name}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}
