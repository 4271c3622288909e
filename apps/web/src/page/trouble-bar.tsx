import styles from './bar.module.css'
import { usePage, useSelected } from './page-context.ts'
import { failureWords } from './people/trouble-words.ts'

/** Tells what went wrong, until it is closed. */
export function TroubleBar() {
  const { words, actions } = usePage()
  const trouble = useSelected((state) => state.trouble)
  if (!trouble) return null
  return (
    <div class={`${styles.bar} ${styles.trouble}`} role="alert">
      <span>{failureWords(trouble, words)}</span>
      <button type="button" onClick={() => actions.hideTrouble()}>
        {words.close}
      </button>
    </div>
  )
}
