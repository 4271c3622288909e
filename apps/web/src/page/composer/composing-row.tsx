import type { AppState } from '../../state/app-store.ts'
import styles from '../composer.module.css'
import { usePage } from '../page-context.ts'

/** The message that is answered or edited in the box. */
export function ComposingRow({ composing }: { readonly composing: NonNullable<AppState['composing']> }) {
  const { actions, words } = usePage()
  const { answering, editing } = words.conversation
  const { kind, line } = composing
  return (
    <p class={styles.about} dir="auto">
      <span>
        {kind === 'edit' ? editing : answering(line.name ?? '')}: <q>{line.text}</q>
      </span>
      <button type="button" onClick={() => actions.messages.endComposing()}>
        {words.cancel}
      </button>
    </p>
  )
}
