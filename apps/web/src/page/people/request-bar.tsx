import type { ChatRow } from '../../engine/engine-state.ts'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'

/** Asks what to do with a chat that a stranger began, or with a group to which one added this person. */
export function RequestBar({ chat: { id, kind, requestBy } }: { readonly chat: ChatRow }) {
  const { actions, words } = usePage()
  const text = words.people
  const name = requestBy?.name ?? text.somebody
  return (
    <div class={styles.request}>
      <p>{kind === 'direct' ? text.requestDirect(name) : text.requestGroup(name)}</p>
      <div class={styles.buttons}>
        <button type="button" class={styles.main} onClick={() => void actions.chats.acceptChat(id)}>
          {text.accept}
        </button>
        {kind === 'group' && (
          <button type="button" onClick={() => void actions.groups.leave(id)}>
            {text.leaveGroup}
          </button>
        )}
        {requestBy && (
          <button
            type="button"
            class={styles.danger}
            title={text.blockWhy}
            onClick={() => void actions.people.change(requestBy.userId, { kind: 'block' })}
          >
            {text.blockPerson(name)}
          </button>
        )}
      </div>
    </div>
  )
}
