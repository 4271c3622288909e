import type { PersonInfo } from '../../engine/calls/people-calls.ts'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'

/** The groups in which this person and another one are. */
export function SharedGroups({ person: { userId, groups } }: { readonly person: PersonInfo }) {
  const { actions, words } = usePage()
  const text = words.people
  return (
    <section class={styles.section}>
      <h3>{text.groups}</h3>
      {groups.length === 0 && <p class={styles.soft}>{text.noGroups}</p>}
      <ul class={styles.rows}>
        {groups.map(({ id, name, hasFormerKey, mayMend }) => (
          <li key={id} class={styles.row}>
            <button
              type="button"
              class={styles.plain}
              onClick={() => {
                actions.people.hide()
                void actions.timeline.open(id)
              }}
            >
              <bdi>{name ?? words.chats.unnamed}</bdi>
              {hasFormerKey && <span class={styles.soft}> · {text.formerKey}</span>}
            </button>
            {mayMend && (
              <button type="button" onClick={() => void actions.people.change(userId, { kind: 'mend', group: id })}>
                {text.mend}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
