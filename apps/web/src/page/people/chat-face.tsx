import type { ChatRow } from '../../engine/engine-state.ts'
import { Avatar } from '../avatar.tsx'
import styles from './people.module.css'
import { PresenceDot } from './presence.tsx'

type Props = { readonly chat: ChatRow; readonly title: string }

/** The picture of a chat: that of its other person, with a dot while they are online, or the group's. */
export function ChatFace({ chat: { id, peer, picture }, title }: Props) {
  return (
    <span class={styles.face}>
      <Avatar name={title} userId={peer} group={picture === undefined ? undefined : { id, picture }} />
      {peer !== undefined && <PresenceDot userId={peer} />}
    </span>
  )
}
