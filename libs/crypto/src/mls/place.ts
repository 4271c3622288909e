import type { ConversationId, Epoch, GroupNo } from '@fastchat/schema'
import type { ClientState } from 'ts-mls/clientState.js'
import { parseGroupId } from '../verify/group-id.ts'
import { CannotProcess } from './errors.ts'

/** @throws CannotProcess when an envelope is not for this group at this epoch, or this device is no longer in it */
export function refuseOtherPlace(
  state: ClientState,
  place: { conversation: ConversationId; groupNo: GroupNo; epoch: Epoch },
  oldestEpoch: bigint = state.groupContext.epoch,
): void {
  const { conversation, groupNo } = parseGroupId(state.groupContext.groupId)
  if (place.conversation !== conversation || place.groupNo !== groupNo) throw new CannotProcess('wrong_group')
  if (state.groupActiveState.kind !== 'active') throw new CannotProcess('removed')
  if (place.epoch > state.groupContext.epoch) throw new CannotProcess('future_epoch')
  if (place.epoch < oldestEpoch) throw new CannotProcess('past_epoch')
}
