import type { ChatRow } from '../../engine/engine-state.ts'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'

/** Stands in place of the box where this person may not write, and says why. */
export function ClosedBar({ chat, title }: { readonly chat: ChatRow; readonly title: string }) {
  const { actions, words } = usePage()
  const { closedBy = 'left' } = chat
  return (
    <div class={styles.request}>
      <p>{words.people.closed[closedBy]}</p>
      {closedBy !== 'admins' && (
        <button
          type="button"
          class={styles.danger}
          title={words.people.removeWhy}
          onClick={() => void actions.people.forget(chat.id, title)}
        >
          {words.people.remove}
        </button>
      )}
    </div>
  )
}

/** Stands in place of the box in the direct chat with a blocked person. */
export function BlockedBar({ chat: { peer } }: { readonly chat: ChatRow }) {
  const { actions, words } = usePage()
  return (
    <div class={styles.request}>
      <p>{words.people.blockedWhy}</p>
      {peer !== undefined && (
        <button type="button" onClick={() => void actions.people.change(peer, { kind: 'unblock' })}>
          {words.people.unblock}
        </button>
      )}
    </div>
  )
}
