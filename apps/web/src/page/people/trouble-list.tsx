import type { TroubleNotice } from '../../engine/people-state.ts'
import { usePage, useSelected } from '../page-context.ts'
import styles from './people.module.css'
import { noticeWords } from './trouble-words.ts'

/** Tells the problems that this person did not cause, each until it is closed. */
export function TroubleList() {
  const { words } = usePage()
  const troubles = useSelected(({ engine }) => engine?.troubles)
  if (!troubles || troubles.length === 0) return null
  return (
    <ul class={styles.troubles} aria-label={words.people.trouble.title}>
      {troubles.toReversed().map((notice) => (
        <TroubleRow key={notice.id} notice={notice} />
      ))}
    </ul>
  )
}

function TroubleRow({ notice }: { readonly notice: TroubleNotice }) {
  const { actions, words } = usePage()
  const { conversation, id } = notice
  const chat = useSelected(({ engine }) => engine?.chats.find((one) => one.id === conversation))
  const open = useSelected((state) => state.open)
  const { says, todo } = noticeWords(notice, words)
  const text = words.people.trouble
  return (
    <li class={styles.trouble} role="alert">
      <span class={styles.grow} dir="auto">
        {chat && <span>{text.in(chat.title ?? words.chats.unnamed)}: </span>}
        <strong>{says}</strong> {todo}
      </span>
      {chat && chat.id !== open && (
        <button type="button" onClick={() => void actions.timeline.open(chat.id)}>
          {text.open}
        </button>
      )}
      <button type="button" onClick={() => void actions.people.hideTrouble(id)}>
        {words.close}
      </button>
    </li>
  )
}
