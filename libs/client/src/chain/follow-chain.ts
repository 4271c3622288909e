import { readApplicationHeader } from '@fastchat/crypto/verify'
import type { EntryKind, UserId } from '@fastchat/schema'
import { envelopeOf } from '../conversation/envelope-of.ts'
import type { LogItem } from '../conversation/log-reader.ts'
import type { Reading, View } from '../conversation/read-entry.ts'
import type { ConversationRecord, Entry, OutboxRecord, TroubleEvent } from '../store/records.ts'
import type { Write } from '../store/store.ts'
import {
  beginChain,
  type ChainRecord,
  extendRecord,
  isOf,
  type Page,
  pageKey,
  pageWith,
  removePages,
} from './chain-record.ts'
import { type Finding, judgeMessage, judgeSkips } from './judge-message.ts'
import { type Raised, raiseAlarms } from './raise-alarms.ts'

export type Step = {
  readonly me: UserId
  readonly before: View
  readonly item: LogItem
  readonly reading: Reading
  /** Our message that the server said it had stored at a position. */
  acked(seq: number): OutboxRecord | undefined
  /** A page of this chain as the store, and what is about to be stored, have it. */
  page(key: string): Promise<string | undefined>
}

/**
 * Takes an entry into the chain over its epoch, whatever became of it, and holds what a message says of its sender's log
 * against it. Returns the reading with the chain, the alarms as lines, and what else there is to store. It changes
 * nothing by itself: all of it is stored with the cursor.
 */
export async function followChain(step: Step): Promise<Reading> {
  const page = pageOf(step)
  const { chain, writes, findings } = stepOf(step, page && (await page))
  const { owed } = step.reading.record
  const own = ownFindings(step)
  const raised = chain ? raiseAlarms(chain, findings, step.me) : undefined
  const all: Raised[] = [...own, ...(raised?.raised ?? [])]
  const next = raised?.chain ?? chain
  const isEntry = 'id' in step.item
  const lines = [...(isEntry ? (owed ?? []).map((event) => lineOf(step, event)) : []), ...all.flatMap(asLine(step))]
  return {
    ...step.reading,
    record: withChain(step.reading.record, next, isEntry),
    entries: lines.length === 0 ? step.reading.entries : [...step.reading.entries, ...lines],
    writes: writes.length === 0 ? (step.reading.writes ?? []) : [...(step.reading.writes ?? []), ...writes],
    ...(all.length > 0 && {
      alarms: [...(step.reading.alarms ?? []), ...all.map((finding) => lineOf(step, eventOf(finding), finding))],
    }),
  }
}

/** What was owed becomes lines with the next entry. */
function withChain(record: ConversationRecord, chain: ChainRecord | undefined, isEntry: boolean): ConversationRecord {
  if (chain !== undefined && record.owed === undefined) return { ...record, chain }
  const { chain: _, owed, ...rest } = record
  return { ...rest, ...(chain && { chain }), ...(owed && !isEntry && { owed }) }
}

type Outcome = {
  readonly chain: ChainRecord | undefined
  readonly writes: readonly Write[]
  readonly findings: readonly Finding[]
}

/** The page of the chain that has what a message says. Mostly it is in the tail. */
function pageOf({ before, reading, page }: Step): Promise<Page | undefined> | undefined {
  const { chain, conversation } = before.record
  const { seen } = reading.said?.frame ?? {}
  const from = chain && seen && pageWith(chain, seen.seq)
  if (from === undefined) return undefined
  return page(pageKey(conversation, from)).then((values) => (values === undefined ? undefined : { from, values }))
}

function stepOf({ before, item, reading }: Step, page: Page | undefined): Outcome {
  const { conversation } = before.record
  const old = before.record.chain
  const { group, record } = reading
  const isReading = group?.isMember && (record.status === 'active' || record.status === 'left')
  if (isReading && isOf(old, group)) {
    if (!('id' in item)) return { chain: torn(old, item.to - item.from + 1), writes: [], findings: [] }
    const envelope = envelopeOf(item)
    const isAway = isMisplaced(item.kind, envelope, old)
    const findings: Finding[] = isAway ? [{ code: 'wrong_place', epoch: old.epoch }] : []
    const isTold = reading.sent && !isAway && old.missing === undefined && old.untold > 0
    let chain = isTold ? { ...old, untold: 0 } : old
    // What it says is of another epoch, and its author is not to blame.
    if (reading.said && !isAway) {
      findings.push(...judgeMessage(chain, reading.said, page))
      const skips = judgeSkips(chain, reading.said, item.seq)
      chain = skips.chain
      findings.push(...skips.findings)
    }
    const { seq, kind, id, from, at } = item
    return { ...extendRecord(conversation, chain, { seq, kind, id, from, at, envelope }), findings }
  }
  const writes = old ? removePages(conversation, old) : []
  const begins = isReading && 'id' in item && item.kind === 'commit'
  return { chain: begins ? beginChain(old, group, item.seq) : undefined, writes, findings: [] }
}

/** After a gap nothing that this device knows of the epoch can be compared. */
function torn(chain: ChainRecord, entries: number): ChainRecord {
  return { ...chain, missing: (chain.missing ?? 0) + entries }
}

/** The server stores a message only at the epoch that it was encrypted for: no honest log has it elsewhere. */
function isMisplaced(kind: EntryKind, envelope: Uint8Array | string, { groupNo, epoch }: ChainRecord): boolean {
  if (kind !== 'application' || typeof envelope === 'string') return false
  try {
    const header = readApplicationHeader(envelope)
    return header.groupNo !== groupNo || header.epoch !== epoch
  } catch {
    return false
  }
}

/** Whether the log has something else where the server said that it stored a message of ours. */
function ownFindings({ item, reading, acked }: Step): Raised[] {
  if (!('id' in item)) return []
  const awaited = acked(item.seq)
  const isElsewhere = awaited !== undefined && reading.sent?.id !== awaited.id
  const isMoved = reading.ackedSeq !== undefined && reading.ackedSeq !== item.seq
  return isElsewhere || isMoved ? [{ code: 'own_message_moved', epoch: 0, at: item.seq, isLine: true }] : []
}

function eventOf({ code, at, count }: Finding): TroubleEvent {
  return { kind: 'trouble', code, ...(at !== undefined && { at }), ...(count !== undefined && { count }) }
}

const asLine =
  (step: Step) =>
  (finding: Raised): Entry[] =>
    finding.isLine ? [lineOf(step, eventOf(finding), finding)] : []

function lineOf({ before, item }: Step, event: TroubleEvent, { sender }: Partial<Finding> = {}): Entry {
  const { conversation } = before.record
  const [seq, at] = 'id' in item ? [item.seq, item.at] : [item.from, before.record.lastAt]
  return {
    ...{ conversation, seq, at, type: 'system', event },
    ...(sender && { from: sender.userId, device: sender.deviceId }),
  }
}
