import { useEffect, useState } from 'preact/hooks'
import type { Person } from '../../engine/engine-state.ts'
import { Avatar } from '../avatar.tsx'
import { usePage, useSelected } from '../page-context.ts'
import styles from './people.module.css'
import { PersonName } from './person-name.tsx'

/** The people of this server to whom this person can write, without those in a direct chat. */
export function PeopleList() {
  const { actions, words } = usePage()
  const isOnline = useSelected(({ engine }) => engine?.link.state === 'online')
  const chats = useSelected(({ engine }) => engine?.chats)
  const notes = useSelected(({ engine }) => engine?.people)
  const [people, setPeople] = useState<readonly Person[]>([])
  useEffect(() => {
    let isCurrent = true
    // A server may show no list of its people. Then there is none here.
    if (isOnline)
      actions.people.list().then(
        (found) => isCurrent && setPeople(found),
        () => undefined,
      )
    return () => {
      isCurrent = false
    }
  }, [actions, isOnline, chats?.length])
  const known = new Set(chats?.map(({ peer }) => peer))
  const shown = people.filter(({ userId }) => !known.has(userId) && !notes?.[userId]?.isBlocked)
  if (shown.length === 0) return null
  return (
    <section class={styles.list}>
      <h2 class={styles.heading}>{words.people.title}</h2>
      <ul aria-label={words.people.writeTo}>
        {shown.map(({ userId, name }) => (
          <li key={userId}>
            <button type="button" class={styles.person} onClick={() => void actions.chats.openDirect(userId)}>
              <Avatar name={name} userId={userId} />
              <span class={styles.grow}>
                <PersonName name={name} userId={userId} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
