import { useState } from 'preact/hooks'
import type { Person } from '../engine/engine-state.ts'
import styles from './new-chat.module.css'
import { usePage } from './page-context.ts'
import { PeopleFinder } from './people-finder.tsx'

/** Begins a chat with one person, or a group with several. */
export function NewChat({ onDone }: { readonly onDone: () => void }) {
  const { actions, words } = usePage()
  const [isGroup, setIsGroup] = useState(false)
  const [chosen, setChosen] = useState<readonly Person[]>([])
  const [groupName, setGroupName] = useState('')

  const isChosen = ({ userId }: Person) => chosen.some((one) => one.userId === userId)
  const choose = (person: Person) => {
    if (isGroup)
      setChosen(isChosen(person) ? chosen.filter(({ userId }) => userId !== person.userId) : [...chosen, person])
    else {
      void actions.chats.openDirect(person.userId)
      onDone()
    }
  }
  const create = (event: SubmitEvent) => {
    event.preventDefault()
    void actions.chats.createGroup(
      groupName.trim(),
      chosen.map(({ userId }) => userId),
    )
    onDone()
  }

  return (
    <section class={styles.panel} aria-label={words.chats.find}>
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
      <PeopleFinder onChoose={choose} onCancel={onDone} {...(isGroup && { isChosen })} />
    </section>
  )
}
