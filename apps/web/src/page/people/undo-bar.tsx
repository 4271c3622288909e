import { usePage, useSelected } from '../page-context.ts'
import styles from './people.module.css'

/** Offers to take the removal of a chat back. It goes away by itself. */
export function UndoBar() {
  const { actions, words } = usePage()
  const removed = useSelected((state) => state.removed)
  if (!removed) return null
  return (
    <div class={styles.undo} role="status">
      <span dir="auto">{words.people.removed(removed.title)}</span>
      <button type="button" onClick={() => void actions.people.undoForget()}>
        {words.people.undo}
      </button>
    </div>
  )
}
