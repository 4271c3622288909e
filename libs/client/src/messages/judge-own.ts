import { type Annotation, isEmoji, maxPins, type UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import { type ChatNotes, pinsOf } from './chat-notes.ts'
import { editableField, mayEdit, type Target } from './message-notes.ts'
import { isTimer, powerOf } from './operation.ts'

type Judged = {
  readonly record: ConversationRecord
  readonly me: UserId
  readonly now: number
  readonly chat: ChatNotes
  /** The message that is meant, as it is in the history or in the outbox. */
  readonly target: (Target & Pick<Entry, 'annotations'>) | undefined
}

/**
 * Checks a change that this device is about to send, by the rules under which all devices judge it.
 *
 * @throws {ClientError} `not_yours`, `too_old_to_edit`, `cannot_change`, `not_allowed`,
 *   `too_many_pins`, `invalid_emoji`, `invalid_timer`
 */
export function judgeOwn(payload: Annotation, { record, me, now, chat, target }: Judged): void {
  const power = powerOf(record, me)
  if (payload.kind === 'timer') {
    if (!isTimer(payload.seconds)) throw new ClientError('invalid_timer')
    if (power === 'member') throw new ClientError('not_allowed', 'Only admins of a group set the time of its messages')
    return
  }
  if (!target?.payload || target.annotations?.deleted) throw new ClientError('cannot_change')
  if (payload.kind === 'edit') {
    if (target.from !== me) throw new ClientError('not_yours', 'You can edit your own messages only')
    if (!editableField(target.payload)) throw new ClientError('cannot_change')
    if (!mayEdit(target, { from: me, at: now })) throw new ClientError('too_old_to_edit')
  } else if (payload.kind === 'delete') {
    if (target.from !== me && power !== 'admin')
      throw new ClientError('not_yours', 'Only its author, or an admin of the group, deletes a message for everyone')
  } else if (payload.kind === 'reaction') {
    if (!isEmoji(payload.emoji)) throw new ClientError('invalid_emoji')
  } else {
    if (power === 'member') throw new ClientError('not_allowed', 'Only admins of a group pin its messages')
    const others = pinsOf(chat).filter((pin) => pin.target !== payload.target)
    if (payload.pinned && others.length >= maxPins) throw new ClientError('too_many_pins')
  }
}
