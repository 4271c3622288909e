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
    <ul id={id} class={styles.list} aria-label={words.talk.completions}>
      {found.map((completion, n) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the focus, and its keys choose here
        // biome-ignore lint/a11y/useFocusableInteractive: the box points to the chosen one
        <li
          key={completion.label}
          id={`${id}-${n}`}
          aria-selected={n === at}
          class={n === at ? styles.chosen : ''}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(completion)}
        >
          {completion.label}
        </li>
      ))}
    </ul>
  )
}
