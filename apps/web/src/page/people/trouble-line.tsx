import type { Line } from '../../engine/line.ts'
import { usePage } from '../page-context.ts'
import styles from './people.module.css'
import { eventTrouble } from './trouble-words.ts'

/** A problem at the place in the chat where this device noticed it. */
export function TroubleLine({ line: { event, name, isOwn } }: { readonly line: Line }) {
  const { words } = usePage()
  const who = name === undefined ? undefined : { name, isMe: isOwn }
  const told = event && eventTrouble(event, who, words)
  if (!told) return null
  return (
    <p class={styles.troubleLine} dir="auto">
      <strong>{told.says}</strong> {told.todo}
    </p>
  )
}
