import { type ChainedEntry, type ChainPoint, extendChain, type Group, maxClosings, startChain } from '@fastchat/crypto'
import { type ConversationId, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { Batch } from '../store/records.ts'
import type { Write } from '../store/store.ts'
import type { ChainRecord, StoredPoint } from './chain-types.ts'

/** The number of values without a line that are kept in one epoch. */
const maxApart = 64

/** Returns whether a chain is of the epoch that the group is in. */
export const isOf = (chain: ChainRecord | undefined, group: Group | undefined): chain is ChainRecord =>
  chain !== undefined && group !== undefined && chain.groupNo === group.groupNo && chain.epoch === group.epoch

/**
 * Begins the chain of the epoch that the commit at `seq` began. `old` is the chain before, if there
 * was one.
 */
export function beginChain(old: ChainRecord | undefined, group: Group, seq: number): ChainRecord {
  const { conversation, groupNo, epoch, confirmedTranscriptHash } = group
  const c = startChain({ conversation, groupNo, epoch, seq, confirmedTranscriptHash })
  const isNext = old !== undefined && old.groupNo === groupNo && old.epoch === epoch - 1
  const end = isNext && old.missing === undefined ? headOf(old) : null
  return {
    ...{ groupNo, epoch, start: seq, seq, c: toBase64Url(c) },
    closed: isNext ? [end, ...old.closed].slice(0, maxClosings) : [],
    untold: isNext ? Math.min(old.untold + 1, maxClosings) : 0,
    voided: 0,
    ...(old?.alarms && old.groupNo === groupNo && { alarms: old.alarms }),
  }
}

/** Returns the chain with one more entry. */
export function extendRecord(chain: ChainRecord, entry: ChainedEntry): ChainRecord {
  return { ...chain, seq: entry.seq, c: toBase64Url(extendChain(fromBase64Url(chain.c), entry)) }
}

/**
 * Stores the value of an entry that adds no line to the history: it gets a row in `chains`.
 * Otherwise the value is stored with the line. Returns the chain and the writes.
 */
export function keepApart(
  conversation: ConversationId,
  chain: ChainRecord,
): { chain: ChainRecord; writes: readonly Write[] } {
  const batch = new Batch().put('chains', valueKey(conversation, chain.seq), chain.c)
  const apart = [...(chain.apart ?? []), chain.seq]
  const [oldest] = apart
  if (apart.length <= maxApart || oldest === undefined) return { chain: { ...chain, apart }, writes: batch.writes }
  batch.remove('chains', valueKey(conversation, oldest))
  return { chain: { ...chain, apart: apart.slice(1), keptFrom: oldest + 1 }, writes: batch.writes }
}

/** Returns the writes that remove the rows of a chain that has ended. */
export function removeApart(conversation: ConversationId, { apart = [] }: ChainRecord): readonly Write[] {
  const batch = new Batch()
  for (const seq of apart) batch.remove('chains', valueKey(conversation, seq))
  return batch.writes
}

export const headOf = ({ seq, c }: ChainRecord): StoredPoint => ({ seq, c })

/** Returns whether the value at a position is kept and has to be looked up for a comparison. */
export const isKept = (chain: ChainRecord, seq: number): boolean =>
  seq >= Math.max(chain.start, chain.keptFrom ?? 0) && seq < chain.seq

/**
 * Returns whether another device's point in this epoch equals this device's value there. Undefined
 * when that value is not known. `kept` is this device's value, if the point is before the last
 * entry.
 */
export function agrees(chain: ChainRecord, { seq, c }: ChainPoint, kept: string | undefined): boolean | undefined {
  if (seq < chain.start || seq > chain.seq) return false
  const own = seq === chain.seq ? chain.c : kept
  return own === undefined ? undefined : own === toBase64Url(c)
}

export const valueKey = (conversation: ConversationId, seq: number): string =>
  `${conversation}/${String(seq).padStart(16, '0')}`
