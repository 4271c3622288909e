import type { UserId } from '@fastchat/schema'
import { usePage, useSelected } from '../page-context.ts'
import { clockTime, dayOf, shortTime } from '../times.ts'
import styles from './people.module.css'

/** A dot beside the picture of a person who is connected now. */
export function PresenceDot({ userId }: { readonly userId: UserId }) {
  const { words } = usePage()
  const isHere = useSelected(({ engine }) => engine?.presence?.[userId]?.isHere === true)
  return isHere ? <span class={styles.dot} role="img" aria-label={words.people.online} /> : null
}

/** Says the same after other words. */
export function PresenceAfter({ userId }: { readonly userId: UserId }) {
  const isKnown = useSelected(({ engine }) => engine?.presence?.[userId] !== undefined)
  return isKnown ? (
    <>
      {' · '}
      <PresenceText userId={userId} />
    </>
  ) : null
}

/** Says that a person is online, or when they were. Nothing is said without their sign. */
export function PresenceText({ userId }: { readonly userId: UserId }) {
  const { words, language, clock } = usePage()
  const presence = useSelected(({ engine }) => engine?.presence?.[userId])
  if (!presence) return null
  if (presence.isHere) return <span class={styles.online}>{words.people.online}</span>
  const { lastSeenAt } = presence
  const [time, now] = [clockTime(lastSeenAt, language), clock.wallMs()]
  const when = dayOf(lastSeenAt) === dayOf(now) ? time : `${shortTime(lastSeenAt, language, now)}, ${time}`
  return <span>{words.people.lastSeen(when)}</span>
}
