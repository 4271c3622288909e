import type { UserId } from '@fastchat/schema'
import { usePage, useSelected } from '../page-context.ts'
import styles from './people.module.css'

type Props = {
  /** The username. */
  readonly name: string
  readonly userId?: UserId | undefined
}

/** A name as this person knows it: the shown name, the username beside it, and the verified mark. */
export function PersonName({ name, userId }: Props) {
  const { words } = usePage()
  const note = useSelected(({ engine }) => (userId === undefined ? undefined : engine?.people?.[userId]))
  return (
    <>
      <bdi>{note?.shown ?? name}</bdi>
      {note?.shown !== undefined && <span class={styles.username}> {words.people.username(name)}</span>}
      {note?.isVerified && (
        <span class={styles.verified} role="img" aria-label={words.people.verified} title={words.people.verified}>
          ✓
        </span>
      )}
    </>
  )
}
