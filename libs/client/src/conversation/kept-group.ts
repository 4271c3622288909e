import type { Group } from '@fastchat/crypto'
import { type PublicGroup, publicGroupOf, readGroupInfo } from '@fastchat/crypto/verify'
import type { ConversationId } from '@fastchat/schema'
import type { Batch, ConversationRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const keyOf = (conversation: ConversationId): string => `keptGroup/${conversation}`

/**
 * Keeps the public part of a group when only the server says that this device has lost its place in
 * it. The next group that the server shows is compared with it. The secrets of the group are
 * removed with its state.
 */
export async function keepPublicGroup(batch: Batch, group: Group): Promise<void> {
  batch.putBytes('meta', keyOf(group.conversation), await group.groupInfo())
}

/** Returns the public group that was kept last, if this device has entered no group since. */
export async function keptGroup(
  store: Store,
  { conversation, lawful }: ConversationRecord,
): Promise<PublicGroup | undefined> {
  if (!lawful?.isKept) return undefined
  const groupInfo = await store.get('meta', keyOf(conversation))
  return groupInfo && publicGroupOf(readGroupInfo(groupInfo))
}

/**
 * Removes the kept group. This device has entered a group, and later ones are compared with that
 * one.
 */
export function forgetKeptGroup(batch: Batch, conversation: ConversationId): void {
  batch.remove('meta', keyOf(conversation))
}
