import type { Line } from '../../engine/line.ts'
import styles from './people.module.css'

/** Past messages that a member has shared, as that member tells them. */
export function SharedPast({ line: { event } }: { readonly line: Line }) {
  if (!event?.shared) return null
  return (
    <span class={styles.shared}>
      {event.shared.map(({ name, text }, n) => (
        <span key={n} class={styles.sharedLine} dir="auto">
          <b>{name}</b>: {text}
        </span>
      ))}
    </span>
  )
}
