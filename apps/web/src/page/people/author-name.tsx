import type { Line } from '../../engine/line.ts'
import styles from '../conversation.module.css'
import { usePage } from '../page-context.ts'
import own from './people.module.css'
import { PersonName } from './person-name.tsx'

/** The author of a message. The name leads to the panel of that person. */
export function AuthorName({ line: { from, name = '' } }: { readonly line: Line }) {
  const { actions, words } = usePage()
  return (
    <span class={styles.author} dir="auto">
      {from === undefined ? (
        name
      ) : (
        <button
          type="button"
          class={own.titleButton}
          title={words.people.show(name)}
          onClick={() => void actions.people.show(from)}
        >
          <PersonName name={name} userId={from} />
        </button>
      )}
    </span>
  )
}
