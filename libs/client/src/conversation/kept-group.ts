import type { Group } from '@fastchat/crypto'
import { type PublicGroup, publicGroupOf, readGroupInfo } from '@fastchat/crypto/verify'
import type { ConversationId } from '@fastchat/schema'
import type { Batch, ConversationRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const keyOf = (conversation: ConversationId): string => `keptGroup/${conversation}`

/**
 * Keeps what is public of a group whose place there this device loses by the server's word alone: whatever group it is shown next is
 * compared with that. Its secrets go with the state.
 */
export async function keepPublicGroup(batch: Batch, group: Group): Promise<void> {
  batch.putBytes('meta', keyOf(group.conversation), await group.groupInfo())
}

/** Returns the group that was kept last, where nothing was entered since. */
export async function keptGroup(
  store: Store,
  { conversation, lawful }: ConversationRecord,
): Promise<PublicGroup | undefined> {
  if (!lawful?.isKept) return undefined
  const groupInfo = await store.get('meta', keyOf(conversation))
  return groupInfo && publicGroupOf(readGroupInfo(groupInfo))
}

/** A group was entered: its state is what later ones are compared with. */
export function forgetKeptGroup(batch: Batch, conversation: ConversationId): void {
  batch.remove('meta', keyOf(conversation))
}
