import type { ConversationId, Epoch, GroupNo } from '@fastchat/schema'
import type { ClientState } from 'ts-mls/clientState.js'
import { parseGroupId } from '../verify/group-id.ts'
import { CannotProcess } from './errors.ts'

/** @throws CannotProcess unless the envelope is for this group and epoch, and this device is in */
export function refuseOtherEpoch(
  state: ClientState,
  envelope: { conversation: ConversationId; groupNo: GroupNo; epoch: Epoch },
  oldestEpoch: bigint = state.groupContext.epoch,
): void {
  const { conversation, groupNo } = parseGroupId(state.groupContext.groupId)
  if (envelope.conversation !== conversation || envelope.groupNo !== groupNo) throw new CannotProcess('wrong_group')
  if (state.groupActiveState.kind !== 'active') throw new CannotProcess('removed')
  if (envelope.epoch > state.groupContext.epoch) throw new CannotProcess('future_epoch')
  if (envelope.epoch < oldestEpoch) throw new CannotProcess('past_epoch')
}
