import { storedRecord } from '../chain/stored-chain.ts'
import { Batch, type ConversationRecord, type Entry, entryKey, type SystemEvent } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { keepPublicGroup } from './kept-group.ts'
import { endedBy } from './read-revocation.ts'

/**
 * Removes the group after a restore of the server: the copy has no place for this device, which
 * joined later. With `lost` the copy does not know the conversation, and only its history remains.
 * The server may lie, so the public part of the group is kept for comparison.
 */
export async function endByRestore(context: Context, state: ConversationState, lost: boolean): Promise<void> {
  await state.locked(async () => {
    const { record: before, group } = state
    if (!group) return
    const { conversation, cursor: seq } = before
    const { groupNo, epoch } = group
    // A group under the former rules does not continue, so it is not kept.
    const isKept = group.isMember && !group.isOfFormerRules
    const event: SystemEvent = { kind: 'restored', ...(lost && { lost }) }
    const line: Entry = { type: 'system', conversation, seq, at: context.clock.wallMs(), event }
    const record: ConversationRecord = {
      ...{ ...before, status: lost ? 'removed' : 'joining', isRestored: true },
      ...(isKept && { lawful: { groupNo, epoch, isKept } }),
    }
    const batch = new Batch().put('entries', `${entryKey(conversation, seq)}/restored`, line)
    if (isKept) await keepPublicGroup(batch, group)
    await removeGroup(context, state, record, line, batch)
  })
}

/**
 * Removes the group after the account key has revoked this device: it can't use the group any more.
 */
export async function endByRevocation(context: Context, state: ConversationState): Promise<void> {
  const { userId, deviceId: device } = context.identity
  await state.locked(async () => {
    const { record, group } = state
    if (!group && record.status !== 'joining') return
    const { conversation, cursor: seq } = record
    const event: SystemEvent = { kind: 'revoked', users: [userId] }
    const at = context.clock.wallMs()
    const line: Entry = { type: 'system', conversation, seq, at, from: userId, device, event }
    const batch = new Batch().put('entries', `${entryKey(conversation, seq)}/revoked`, line)
    await removeGroup(context, state, endedBy(record), line, batch)
  })
}

async function removeGroup(
  { store, events }: Context,
  state: ConversationState,
  record: ConversationRecord,
  line: Entry,
  batch: Batch,
): Promise<void> {
  const { conversation } = record
  await store.write(
    batch.put('conversations', conversation, storedRecord(record)).remove('groups', conversation).writes,
  )
  state.replace({ record, group: undefined })
  events.emit('entry', line)
  events.emit('conversation', record)
}
