import type { ConversationId } from '@fastchat/schema'
import { Batch, type ConversationRecord, getRecord, lineKey, parseRecord, type StoredEntry } from '../store/records.ts'
import type { Store, Write } from '../store/store.ts'
import { removeApart, valueKey } from './chain-record.ts'
import type { ChainRecord } from './chain-types.ts'

/*
 * A chain is stored in three places, because a message costs the bytes that are sealed for it. The
 * constants of an epoch have a row in `chains`, the last value is with the line of its entry, and
 * the rest is in the conversation's record.
 */

/** The fields that do not change in an epoch. */
type Start = Pick<ChainRecord, 'groupNo' | 'epoch' | 'start' | 'closed'>
type StoredChain = Omit<ChainRecord, keyof Start | 'c' | 'untold' | 'voided'> &
  Partial<Pick<ChainRecord, 'untold' | 'voided'>>
type StoredRecord = Omit<ConversationRecord, 'chain'> & { readonly chain?: StoredChain }

/** Returns a conversation's record in its stored form. */
export function storedRecord(record: ConversationRecord): StoredRecord {
  const { chain } = record
  return chain ? { ...record, chain: storedChain(chain) } : (record as StoredRecord)
}

function storedChain(chain: ChainRecord): StoredChain {
  const { groupNo: _, epoch: __, start: ___, closed: ____, c: _____, untold, voided, ...rest } = chain
  return { ...rest, ...(untold > 0 && { untold }), ...(voided > 0 && { voided }) }
}

/**
 * Returns a conversation's record from its stored form. A chain with missing parts begins again
 * with the next commit.
 */
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

/** Returns the writes for the constants of an epoch. */
export function startRow(
  conversation: ConversationId,
  { groupNo, epoch, start, closed }: ChainRecord,
): readonly Write[] {
  return new Batch().put('chains', conversation, { groupNo, epoch, start, closed } satisfies Start).writes
}

/** Returns the writes that remove the rows of a chain that has ended. */
export function removeChain(conversation: ConversationId, chain: ChainRecord): readonly Write[] {
  return [...removeApart(conversation, chain), ...new Batch().remove('chains', conversation).writes]
}
