import { readApplicationHeader } from '@fastchat/crypto/verify'
import type { EntryKind, UserId } from '@fastchat/schema'
import { envelopeOf } from '../conversation/envelope-of.ts'
import type { LogItem } from '../conversation/log-item.ts'
import type { ReadResult, Snapshot } from '../conversation/read-result.ts'
import type { ConversationRecord, Entry, OutboxRecord, TroubleEvent } from '../store/records.ts'
import type { Write } from '../store/store.ts'
import { beginChain, extendRecord, isKept, isOf, keepApart } from './chain-record.ts'
import type { ChainRecord } from './chain-types.ts'
import { type Finding, judgeMessage, judgeSkips } from './judge-message.ts'
import { type Raised, raiseAlarms } from './raise-alarms.ts'
import { removeChain, startRow } from './stored-chain.ts'

export type Step = {
  readonly me: UserId
  readonly before: Snapshot
  readonly item: LogItem
  readonly result: ReadResult
  /** Returns this device's message that the server said it had stored at a position. */
  acked(seq: number): OutboxRecord | undefined
  /**
   * Returns this device's value of the chain at a position, base64url. Undefined when it is not
   * kept.
   */
  valueAt(chain: ChainRecord, seq: number): string | undefined | Promise<string | undefined>
}

/**
 * Adds an entry to the chain over its epoch, whatever its result is, and compares a message's view
 * of the log with the chain. Returns the result with the chain, the alarms as lines, and further
 * writes. It stores nothing: the caller stores the result with the cursor.
 */
export async function followChain(step: Step): Promise<ReadResult> {
  const value = keptValue(step)
  const { chain, writes, findings } = stepOf(step, typeof value === 'object' ? await value : value)
  const { owed } = step.result.record
  const own = ownFindings(step)
  const raised = chain ? raiseAlarms(chain, findings, step.me) : undefined
  const all: Raised[] = [...own, ...(raised?.raised ?? [])]
  const isEntry = 'id' in step.item
  const owedLines = isEntry && owed ? owed.map((event) => lineOf(step, event)) : []
  const entries = joined(step.result.entries, joined(owedLines, all.flatMap(asLine(step))))
  const kept = keep(step, raised?.chain ?? chain, entries.length > 0)
  return {
    ...step.result,
    ...{ record: withChain(step.result.record, kept.chain, isEntry), entries, c: kept.c },
    writes: joined(step.result.writes ?? [], joined(writes, kept.writes)),
    ...(all.length > 0 && {
      alarms: [...(step.result.alarms ?? []), ...all.map((finding) => lineOf(step, eventOf(finding), finding))],
    }),
  }
}

const joined = <T>(first: readonly T[], second: readonly T[]): readonly T[] =>
  second.length === 0 ? first : first.length === 0 ? second : [...first, ...second]

type Kept = { readonly chain: ChainRecord | undefined; readonly c?: string; readonly writes: readonly Write[] }

/**
 * Returns the writes for the value after this entry. The value is stored with the entry's first
 * line, or in a row of `chains`.
 */
function keep({ before, item }: Step, chain: ChainRecord | undefined, hasLine: boolean): Kept {
  // A gap does not change the chain.
  if (chain === undefined || !('id' in item)) return { chain, writes: [] }
  return hasLine ? { chain, c: chain.c, writes: [] } : keepApart(before.record.conversation, chain)
}

/** Returns the record with the chain. Owed alarms have become lines with this entry. */
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

/**
 * Returns this device's value at the position that a message's view names. Undefined when it is not
 * kept, or is the last.
 */
function keptValue({ before, result, valueAt }: Step): string | undefined | Promise<string | undefined> {
  const { chain } = before.record
  const { seen } = result.senderView?.frame ?? {}
  return chain && seen && isKept(chain, seen.seq) ? valueAt(chain, seen.seq) : undefined
}

function stepOf({ before, item, result }: Step, kept: string | undefined): Outcome {
  const { conversation } = before.record
  const old = before.record.chain
  const { group, record } = result
  const isReading = group?.isMember && (record.status === 'active' || record.status === 'left')
  if (isReading && isOf(old, group)) {
    if (!('id' in item)) return { chain: torn(old, item.to - item.from + 1), writes: [], findings: [] }
    const envelope = envelopeOf(item)
    const { senderView } = result
    const isAway = senderView ? senderView.epoch !== old.epoch : isMisplaced(item.kind, envelope, old)
    const findings: Finding[] = isAway ? [{ code: 'wrong_place', epoch: old.epoch }] : []
    const isTold = result.sent && !isAway && old.missing === undefined && old.untold > 0
    let chain = isTold ? { ...old, untold: 0 } : old
    // The view of a message from another epoch can't be compared, and its author is not to blame.
    if (senderView && !isAway) {
      findings.push(...judgeMessage(chain, senderView, kept))
      const skips = judgeSkips(chain, senderView, item.seq)
      chain = skips.chain
      findings.push(...skips.findings)
    }
    const { seq, kind, id, from, at } = item
    return { chain: extendRecord(chain, { seq, kind, id, from, at, envelope }), writes: [], findings }
  }
  const ended = old ? removeChain(conversation, old) : []
  const begins = isReading && 'id' in item && item.kind === 'commit'
  if (!begins) return { chain: undefined, writes: ended, findings: [] }
  const chain = beginChain(old, group, item.seq)
  return { chain, writes: [...ended, ...startRow(conversation, chain)], findings: [] }
}

/** Returns the chain after a gap. Nothing that this device knows of the epoch can be compared. */
function torn(chain: ChainRecord, entries: number): ChainRecord {
  return { ...chain, missing: (chain.missing ?? 0) + entries }
}

/**
 * Returns whether a message is in another epoch than the one it was encrypted for. The server
 * stores a message only at its own epoch, so no honest log has it elsewhere.
 */
function isMisplaced(kind: EntryKind, envelope: Uint8Array | string, { groupNo, epoch }: ChainRecord): boolean {
  if (kind !== 'application' || typeof envelope === 'string') return false
  try {
    const header = readApplicationHeader(envelope)
    return header.groupNo !== groupNo || header.epoch !== epoch
  } catch {
    return false
  }
}

/**
 * Returns an alarm when the log has another entry at the position where the server said it stored a
 * message of this device.
 */
function ownFindings({ item, result, acked }: Step): Raised[] {
  if (!('id' in item)) return []
  const awaited = acked(item.seq)
  const isElsewhere = awaited !== undefined && result.sent?.id !== awaited.id
  const isMoved = result.ackedSeq !== undefined && result.ackedSeq !== item.seq
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
