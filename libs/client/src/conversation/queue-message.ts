import { maxPayloadBytes } from '@fastchat/crypto'
import type { MessageId, Payload } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { maySend } from '../groups/may-send.ts'
import { chatNotesOf } from '../messages/chat-notes.ts'
import { withTimer } from '../messages/with-timer.ts'
import { cardPayload } from '../people/card-payload.ts'
import { isWrittenByPerson } from '../people/is-written-by-person.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import type { OutboxRecords } from './outbox-records.ts'
import { encodePayload } from './payload-bytes.ts'

/** A message to queue, as it was written. */
type Written = {
  readonly id: MessageId
  readonly written: Payload
  readonly attachments: readonly string[]
}

type Port = {
  readonly records: Pick<OutboxRecords, 'get' | 'put' | 'nextOrder'>
  /** Returns whether this device has read everything that the server has for it. */
  isUpToDate(): boolean
  /** Called when a message is stored on this device. */
  queued(id: MessageId): void
}

export const outOfGroup = () => new ClientError('not_a_member', 'You are no longer a member of this conversation')

/**
 * Stores a message on this device, to be sent in its turn. A card that the chat lacks comes before
 * it. An id that is queued or sent already is ignored.
 *
 * @throws {ClientError} `invalid_payload`, `too_large`, `not_a_member`, `user_blocked`,
 *   `verified_key_changed`, `admins_write`
 */
export async function queueMessage(
  context: Context,
  state: ConversationState,
  port: Port,
  { id, written, attachments }: Written,
): Promise<void> {
  const { store, people, identity, clock } = context
  const { records } = port
  const payload = withTimer(written, await chatNotesOf(store, state.id))
  if (encodePayload(payload).length > maxPayloadBytes)
    throw new ClientError('too_large', `A message can have ${maxPayloadBytes} bytes at most`)
  const isWritten = isWrittenByPerson(payload)
  if (isWritten) people.checkWrite(state.record)
  const put = async (one: MessageId, contents: Payload, files: readonly string[]) => {
    await records.put({
      ...{ id: one, conversation: state.id, order: records.nextOrder },
      ...{ payload: contents, attachments: files, queuedAt: clock.wallMs() },
    })
    port.queued(one)
  }
  await state.locked(async () => {
    const { status } = state.record
    if (status === 'left' || status === 'removed') throw outOfGroup()
    const { roster } = state.group ?? {}
    // A device that is behind decides when it has read on: the rule may be over.
    if (roster && port.isUpToDate() && !maySend(roster, identity.userId, payload.kind))
      throw new ClientError('admins_write')
    if (records.get(id) || (await store.get('messageIds', id))) return
    const mayShow = isWritten && (!roster || maySend(roster, identity.userId, 'card'))
    const card = mayShow ? people.dueCard(state.record) : undefined
    if (card) await put(context.newId(), cardPayload(card), [])
    await put(id, payload, attachments)
    const sent = payload.kind === 'card' ? payload : card
    await noteSent(state, { isWritten, cardSent: sent?.n })
  })
}

/** Notes the card that the chat gets, and accepts it if this person writes in it. */
async function noteSent(
  state: ConversationState,
  { isWritten, cardSent }: { readonly isWritten: boolean; readonly cardSent: number | undefined },
): Promise<void> {
  const { request, ...record } = state.record
  if (!(request && isWritten) && cardSent === undefined) return
  await state.save({
    ...record,
    ...(request && !isWritten && { request }),
    ...(cardSent !== undefined && { cardSent }),
  })
}
