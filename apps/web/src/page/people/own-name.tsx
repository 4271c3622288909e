import { Avatar } from '../avatar.tsx'
import { usePage, useSelected } from '../page-context.ts'
import styles from './people.module.css'
import { PersonName } from './person-name.tsx'

/** This person's picture and name. They lead to the own profile. */
export function OwnName() {
  const { actions, words } = usePage()
  const me = useSelected(({ engine }) => engine?.me)
  if (!me) return null
  return (
    <button
      type="button"
      class={styles.person}
      title={words.people.profile.open}
      onClick={() => void actions.profile.show()}
    >
      <Avatar name={me.name} userId={me.userId} />
      <span class={styles.grow}>
        <PersonName name={me.name} userId={me.userId} />
      </span>
    </button>
  )
}
