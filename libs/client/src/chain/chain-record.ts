import {
  type ChainedEntry,
  type ChainPoint,
  chainBytes,
  extendChain,
  type Group,
  maxClosings,
  startChain,
} from '@fastchat/crypto'
import { type ConversationId, type DeviceId, fromBase64Url, toBase64Url, type UserId } from '@fastchat/schema'
import { Batch } from '../store/records.ts'
import type { Write } from '../store/store.ts'
import type { TroubleCode } from '../trouble-words.ts'

/** The chain over this epoch of a conversation's log, as this device read it. */
export type ChainRecord = {
  readonly groupNo: number
  readonly epoch: number
  /** Position of the commit that began the epoch. */
  readonly start: number
  /** The last values, at most `pageSize`, from position `tailFrom` on, each base64url. Those before are pages in the store. */
  readonly tailFrom: number
  readonly tail: string
  /** The ends of the epochs before this one in this group, the latest first; null where this device had no chain. */
  readonly closed: readonly (StoredPoint | null)[]
  /** How many of `closed`, from the first on, no message of ours in the log has told yet. */
  readonly untold: number
  /** Messages that this device encrypted in this epoch and the server rejected. */
  readonly voided: number
  /** Entries that a gap took out of this epoch: nothing is told or compared until the next one. */
  readonly missing?: number
  readonly skips?: readonly Skip[]
  readonly alarms?: readonly Alarm[]
}
type StoredPoint = { readonly seq: number; readonly c: string }

/** Messages of a device that were not in the log, in this epoch; `since`: where that was noticed and is not explained yet. */
export type Skip = { readonly device: DeviceId; readonly count: number; readonly since?: number }
/** What was said about a device, so that it is said once. */
export type Alarm = {
  readonly code: TroubleCode
  readonly epoch: number
  readonly device?: DeviceId
  readonly user?: UserId
}

/** Values in one page: a page is written once, the tail with every batch. */
const pageSize = 16
/** Of one value in a tail. */
const valueLetters = Math.ceil((chainBytes * 4) / 3)
/** Pages that are kept besides the tail: the last 1 024 positions. */
const keptPages = 64

/** Whether a chain is of the epoch that the group is in. */
export const isOf = (chain: ChainRecord | undefined, group: Group | undefined): chain is ChainRecord =>
  chain !== undefined && group !== undefined && chain.groupNo === group.groupNo && chain.epoch === group.epoch

/** Begins the chain of the epoch that the commit at `seq` began. `old` is the chain before, if there was one. */
export function beginChain(old: ChainRecord | undefined, group: Group, seq: number): ChainRecord {
  const { conversation, groupNo, epoch, confirmedTranscriptHash } = group
  const c = startChain({ conversation, groupNo, epoch, seq, confirmedTranscriptHash })
  const isNext = old !== undefined && old.groupNo === groupNo && old.epoch === epoch - 1
  const end = isNext && old.missing === undefined ? headOf(old) : null
  return {
    groupNo,
    epoch,
    start: seq,
    tailFrom: seq,
    tail: toBase64Url(c),
    closed: isNext ? [end, ...old.closed].slice(0, maxClosings) : [],
    untold: isNext ? Math.min(old.untold + 1, maxClosings) : 0,
    voided: 0,
    ...(old?.alarms && old.groupNo === groupNo && { alarms: old.alarms }),
  }
}

/** The chain with one more entry, and what to store with it. */
export function extendRecord(
  conversation: ConversationId,
  chain: ChainRecord,
  entry: ChainedEntry,
): { chain: ChainRecord; writes: readonly Write[] } {
  const c = toBase64Url(extendChain(fromBase64Url(headOf(chain).c), entry))
  if (chain.tail.length < pageSize * valueLetters) return { chain: { ...chain, tail: chain.tail + c }, writes: [] }
  const batch = new Batch().put('chains', pageKey(conversation, chain.tailFrom), chain.tail)
  const oldest = chain.tailFrom - keptPages * pageSize
  if (oldest >= chain.start) batch.remove('chains', pageKey(conversation, oldest))
  return { chain: { ...chain, tailFrom: chain.tailFrom + pageSize, tail: c }, writes: batch.writes }
}

/** Removes the pages of a chain that has ended. */
export function removePages(conversation: ConversationId, chain: ChainRecord): readonly Write[] {
  const batch = new Batch()
  for (let from = oldestPage(chain); from < chain.tailFrom; from += pageSize)
    batch.remove('chains', pageKey(conversation, from))
  return batch.writes
}

const oldestPage = ({ start, tailFrom }: ChainRecord): number => Math.max(start, tailFrom - keptPages * pageSize)

export const headOf = ({ tailFrom, tail }: ChainRecord): StoredPoint => ({
  seq: tailFrom + tail.length / valueLetters - 1,
  c: tail.slice(-valueLetters),
})

/** Values before the tail, as the store has them. */
export type Page = { readonly from: number; readonly values: string }

/** Where the page with a position of this epoch begins; undefined when the tail has it, or it is too old. */
export function pageWith(chain: ChainRecord, seq: number): number | undefined {
  if (seq < chain.start || seq >= chain.tailFrom) return undefined
  const from = seq - ((seq - chain.start) % pageSize)
  return from < oldestPage(chain) ? undefined : from
}

/** Whether somebody's point in this epoch is one of ours; undefined when it is too old to say: `page` is that of `pageWith`. */
export function agrees(chain: ChainRecord, { seq, c }: ChainPoint, page: Page | undefined): boolean | undefined {
  if (seq < chain.start || seq > headOf(chain).seq) return false
  const { from, values } = seq >= chain.tailFrom ? { from: chain.tailFrom, values: chain.tail } : (page ?? nothing)
  const own = values.slice((seq - from) * valueLetters, (seq - from + 1) * valueLetters)
  return own === '' ? undefined : own === toBase64Url(c)
}

const nothing: Page = { from: 0, values: '' }

export const pageKey = (conversation: ConversationId, from: number): string =>
  `${conversation}/${String(from).padStart(16, '0')}`
