import { CannotJoin, signLeave } from '@fastchat/crypto'
import { type GroupMoment, momentOf } from '@fastchat/crypto/verify'
import { chatOperations, fromBase64Url, type MessageId, toBase64Url } from '@fastchat/schema'
import { ClientError, ServerError } from '../errors.ts'
import { pause } from '../net/backoff.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { readOffer } from './lawful-history.ts'
import type { LogRequest } from './log-request.ts'

/** The number of times that a leave statement is signed again for a group that moves on. */
const maxSignings = 20
/** The pause before a leave statement is signed again. */
const movedOnMs = 100

/**
 * Leaves the group. The last entry that this device gets is the commit that removes it. A leave
 * statement is about one epoch, so it is signed again when the group moves on meanwhile.
 *
 * @throws {ClientError} `not_a_member`
 * @throws {ServerError}
 */
export async function leaveGroup(
  context: Context,
  state: ConversationState,
  request: LogRequest,
  id: MessageId,
): Promise<void> {
  let moment = await presentMoment(context, state)
  for (let signings = 1; ; signings++) {
    const statement = toBase64Url(signLeave(context.identity, moment))
    try {
      await context.api.call(chatOperations.leave, { params: { conversation: state.id }, body: { id, statement } })
      break
    } catch (error) {
      const hasMovedOn = error instanceof ServerError && error.code === 'stale_epoch'
      if (!hasMovedOn || signings === maxSignings) throw error
      request.ask()
      await pause(movedOnMs)
      moment = await presentMoment(context, state)
    }
  }
  const { groupNo, epoch } = moment
  await state.locked(async () => {
    const { record, group } = state
    // By now the log may have shown that this device is out, or even in again.
    const isOfThen = group?.groupNo === groupNo && group.epoch === epoch
    const hasNotJoined = !group && isOutside(record)
    if ((record.status === 'active' && isOfThen) || hasNotJoined) await state.save({ ...record, status: 'left' })
  })
}

/**
 * Returns the present state of this device's group. A member whose device has not joined yet, or
 * cannot join, takes the group that the server shows. It must be of this conversation: otherwise
 * the server could have a statement signed that leaves another chat.
 */
async function presentMoment(context: Context, { id: conversation, group, record }: ConversationState) {
  if (group) return momentOf(group.publicGroup)
  if (!isOutside(record)) throw new ClientError('not_a_member')
  const { groupInfo } = await context.api.call(chatOperations.groupInfo, { params: { conversation } })
  const moment: GroupMoment = momentOf(await readOffer(fromBase64Url(groupInfo)))
  if (moment.conversation !== conversation) throw new CannotJoin('unlawful')
  return moment
}

/** Returns whether this device belongs to the conversation and has no state of its group. */
const isOutside = ({ status }: ConversationRecord): boolean => status === 'joining' || status === 'broken'
