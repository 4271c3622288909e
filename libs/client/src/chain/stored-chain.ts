import type { ConversationId } from '@fastchat/schema'
import { Batch, type ConversationRecord, getRecord, lineKey, parseRecord, type StoredEntry } from '../store/records.ts'
import type { Store, Write } from '../store/store.ts'
import { removeApart, valueKey } from './chain-record.ts'
import type { ChainRecord } from './chain-types.ts'

/*
 * A chain is stored in three places, since what a message costs is the bytes that are sealed for it: what begins an epoch in a row of
 * its own, the last value with the line of its entry, and the rest in the conversation's record.
 */

/** What does not change in an epoch. */
type Start = Pick<ChainRecord, 'groupNo' | 'epoch' | 'start' | 'closed'>
type StoredChain = Omit<ChainRecord, keyof Start | 'c' | 'untold' | 'voided'> &
  Partial<Pick<ChainRecord, 'untold' | 'voided'>>
type StoredRecord = Omit<ConversationRecord, 'chain'> & { readonly chain?: StoredChain }

/** Returns what is stored of a conversation's record. */
export function storedRecord(record: ConversationRecord): StoredRecord {
  const { chain } = record
  return chain ? { ...record, chain: storedChain(chain) } : (record as StoredRecord)
}

function storedChain(chain: ChainRecord): StoredChain {
  const { groupNo: _, epoch: __, start: ___, closed: ____, c: _____, untold, voided, ...rest } = chain
  return { ...rest, ...(untold > 0 && { untold }), ...(voided > 0 && { voided }) }
}

/** Returns a conversation's record as it was stored. A chain that is not whole any more begins anew with the next commit. */
export async function loadRecord(store: Store, value: Uint8Array): Promise<ConversationRecord> {
  const { chain: stored, ...record } = parseRecord<StoredRecord>(value)
  if (!stored) return record
  const { conversation } = record
  const start = await getRecord<Start>(store, 'chains', conversation)
  const c = await valueAt(store, conversation, stored, stored.seq)
  return start && c !== undefined ? { ...record, chain: { untold: 0, voided: 0, ...start, ...stored, c } } : record
}

/** Returns the stored value at a position of the chain, base64url; undefined when there is none. */
export async function valueAt(
  store: Store,
  conversation: ConversationId,
  { apart = [] }: Pick<ChainRecord, 'apart'>,
  seq: number,
): Promise<string | undefined> {
  if (apart.includes(seq)) return await getRecord<string>(store, 'chains', valueKey(conversation, seq))
  return (await getRecord<StoredEntry>(store, 'entries', lineKey(conversation, seq, 0)))?.c
}

/** Stores how an epoch begins. */
export function startRow(
  conversation: ConversationId,
  { groupNo, epoch, start, closed }: ChainRecord,
): readonly Write[] {
  return new Batch().put('chains', conversation, { groupNo, epoch, start, closed } satisfies Start).writes
}

/** Removes the rows of a chain that has ended. */
export function removeChain(conversation: ConversationId, chain: ChainRecord): readonly Write[] {
  return [...removeApart(conversation, chain), ...new Batch().remove('chains', conversation).writes]
}
