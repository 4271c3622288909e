import type { ChatRow } from '../../engine/engine-state.ts'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'
import { PersonName } from './person-name.tsx'

type Props = { readonly chat: ChatRow; readonly title: string }

/** The title of the open chat. In a direct chat it leads to the panel of the other person. */
export function ChatTitle({ chat: { peer }, title }: Props) {
  const { actions, words } = usePage()
  if (peer === undefined) return <h2 dir="auto">{title}</h2>
  return (
    <h2 dir="auto">
      <button
        type="button"
        class={styles.titleButton}
        title={words.people.show(title)}
        onClick={() => void actions.people.show(peer)}
      >
        <PersonName name={title} userId={peer} />
      </button>
    </h2>
  )
}
