import type { UserId } from '@fastchat/schema'
import { usePage, useSelected } from '../page-context.ts'
import styles from './people.module.css'

/** Returns whether sending to a person is paused, because the key of a verified person changed. */
export function useIsStopped(userId: UserId | undefined): boolean {
  return useSelected(({ engine }) => {
    const note = userId === undefined ? undefined : engine?.people?.[userId]
    return note?.isVerified === true && note.hasOtherKey === true
  })
}

/**
 * Tells that the server shows another key for the person of a direct chat: calmly, or as a stop when
 * the known key was verified.
 */
export function KeyNotice({ userId }: { readonly userId: UserId }) {
  const { actions, words } = usePage()
  const note = useSelected(({ engine }) => engine?.people?.[userId])
  const isStopped = useIsStopped(userId)
  if (!note?.hasOtherKey) return null
  const text = words.people
  const look = () => void actions.people.show(userId)
  if (!isStopped)
    return (
      <div class={styles.calm} role="status">
        <p>{text.otherKeyCalm(note.name)}</p>
        <button type="button" onClick={look}>
          {text.look}
        </button>
      </div>
    )
  return (
    <div class={styles.stop} role="alert">
      <p>{text.stopped(note.name)}</p>
      <div class={styles.buttons}>
        <button type="button" class={styles.main} onClick={look}>
          {text.verifyAgain}
        </button>
        <button type="button" title={text.sendAnywayWhy} onClick={() => void actions.people.sendAnyway(userId)}>
          {text.sendAnyway}
        </button>
      </div>
    </div>
  )
}
