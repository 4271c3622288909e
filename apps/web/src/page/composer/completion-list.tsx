import { usePage } from '../page-context.ts'
import styles from './completion-list.module.css'
import type { Completion } from './completions.ts'

type Props = {
  readonly id: string
  readonly found: readonly Completion[]
  readonly at: number
  readonly onTake: (completion: Completion) => void
}

/** The suggestions above the box. The keys belong to the box. */
export function CompletionList({ id, found, at, onTake }: Props) {
  const { words } = usePage()
  return (
    <div id={id} class={styles.list} role="listbox" aria-label={words.talk.completions}>
      {found.map((completion, n) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the focus, and its keys choose here
        // biome-ignore lint/a11y/useFocusableInteractive: the box points to the chosen one
        <div
          key={completion.label}
          id={`${id}-${n}`}
          role="option"
          aria-selected={n === at}
          class={n === at ? styles.chosen : ''}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(completion)}
        >
          {completion.label}
        </div>
      ))}
    </div>
  )
}
