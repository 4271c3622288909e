import { digest } from './digest.ts'
import type { HistoryEvent, LogHead, LogRow, SendEvent } from './history.ts'
import { Names } from './names.ts'
import { Shows } from './shows.ts'

/** A message as its sender knows it. Ids are numbers from `Names`, hashes are digests. */
export type Send = {
  readonly id: number
  readonly conv: number
  readonly device: number
  readonly hash: number
  /** When it was sent for the first time, in milliseconds. */
  readonly invokedAt: number
  outcome: 'ok' | 'fail' | 'unknown'
  /** When that outcome was written. */
  settledAt: number
  ackedAt: number
  ackedSeq: number
  /** The position in the log; 0 when it is not there. */
  storedSeq: number
}

export type Row = { readonly device: number; readonly id: number; readonly isMessage: boolean; readonly hash: number }

/** The events of one device in one conversation. */
export type Feed = {
  readonly device: number
  readonly conv: number
  readonly scopes: Range[]
  readonly gaps: Range[]
  /** The shown messages, in the order of time. */
  readonly shows: Shows
}
export type Range = { readonly from: number; readonly to: number }

export type ConversationLog = {
  readonly conv: number
  readonly rows: Map<number, Row>
  /** Positions that the log has more than once. */
  readonly doubled: number[]
  head: { readonly lastSeq: number; readonly floorSeq: number } | undefined
}

export type Fault = { readonly kind: string; readonly target: string; readonly startAt: number; endAt: number }

export type Index = {
  readonly names: Names
  readonly sends: Map<number, Send>
  readonly feeds: Map<string, Feed>
  readonly conversations: Map<number, ConversationLog>
  readonly faults: Map<string, Fault>
  /** The times at which each device connected. */
  readonly ups: Map<number, number[]>
  readonly undecryptable: { readonly device: number; readonly conv: number; readonly seq: number }[]
  readonly alarms: { readonly device: number; readonly conv: number; readonly seq: number; readonly code: string }[]
  readonly bounds: { readonly what: string; readonly value: number; readonly max: number }[]
}

export type Evidence = { readonly log?: Iterable<LogRow>; readonly heads?: Iterable<LogHead> }

/** Reads a history once, with its files in any order. */
export function indexHistory(history: Iterable<HistoryEvent>, { log = [], heads = [] }: Evidence): Index {
  const index: Index = {
    names: new Names(),
    sends: new Map(),
    feeds: new Map(),
    conversations: new Map(),
    faults: new Map(),
    ups: new Map(),
    undecryptable: [],
    alarms: [],
    bounds: [],
  }
  const early: SendEvent[] = []
  for (const event of history) take(index, event, early)
  for (const event of early) settle(index, event)
  for (const row of log) takeRow(index, row)
  for (const { conv, lastSeq, floorSeq } of heads) conversationOf(index, conv).head = { lastSeq, floorSeq }
  for (const feed of index.feeds.values()) feed.shows.sort()
  for (const times of index.ups.values()) times.sort((a, b) => a - b)
  return index
}

/** `early` collects outcomes whose send comes later in the files. */
function take(index: Index, event: HistoryEvent, early: SendEvent[]): void {
  const { names } = index
  switch (event.op) {
    case 'send':
      if (event.type === 'invoke') invoke(index, event)
      else if (!settle(index, event)) early.push(event)
      break
    case 'show':
      feedOf(index, event.device, event.conv).shows.push({
        at: event.at,
        seq: event.seq,
        id: names.numberOf(event.id),
        hash: digest(event.hash),
      })
      break
    case 'scope':
      feedOf(index, event.device, event.conv).scopes.push({
        from: event.from,
        to: event.to ?? Number.POSITIVE_INFINITY,
      })
      break
    case 'gap':
      feedOf(index, event.device, event.conv).gaps.push({ from: event.from, to: event.to })
      break
    case 'conn':
      if (event.type === 'up') push(index.ups, names.numberOf(event.device), event.at)
      break
    case 'fault':
      takeFault(index, event)
      break
    case 'undecryptable':
      index.undecryptable.push({
        device: names.numberOf(event.device),
        conv: names.numberOf(event.conv),
        seq: event.seq,
      })
      break
    case 'alarm':
      index.alarms.push({
        device: names.numberOf(event.device),
        conv: names.numberOf(event.conv),
        seq: event.seq,
        code: event.code,
      })
      break
    case 'bound':
      index.bounds.push(event)
      break
    case 'recv':
      break
  }
}

function invoke({ names, sends }: Index, event: SendEvent & { readonly type: 'invoke' }): void {
  const id = names.numberOf(event.id)
  const before = sends.get(id)
  // A send that is repeated after a restart is the same message, from the first send on.
  if (before && before.invokedAt <= event.at) return
  const { outcome = 'unknown', settledAt = Number.NEGATIVE_INFINITY, ackedAt = 0, ackedSeq = 0 } = before ?? {}
  sends.set(id, {
    id,
    conv: names.numberOf(event.conv),
    device: names.numberOf(event.device),
    hash: digest(event.hash),
    invokedAt: event.at,
    outcome,
    settledAt,
    ackedAt,
    ackedSeq,
    storedSeq: 0,
  })
}

/**
 * Sets the outcome of a message. Of several outcomes the first ack counts, because it is a promise,
 * or else the last outcome. Returns false if the send was not read yet.
 */
function settle({ names, sends }: Index, event: SendEvent): boolean {
  const send = sends.get(names.numberOf(event.id))
  if (!send) return false
  if (event.type === 'ok') {
    if (send.outcome === 'ok' && send.ackedAt <= event.at) return true
    Object.assign(send, { outcome: 'ok', settledAt: event.at, ackedAt: event.at, ackedSeq: event.seq })
  } else if (send.outcome !== 'ok' && send.settledAt <= event.at) {
    send.outcome = event.type === 'fail' ? 'fail' : 'unknown'
    send.settledAt = event.at
  }
  return true
}

function takeFault({ faults }: Index, event: HistoryEvent & { readonly op: 'fault' }): void {
  const { fault, kind, target, at } = event
  const known = faults.get(fault)
  const startAt = event.type === 'start' ? at : (known?.startAt ?? at)
  const endAt = event.type === 'end' ? at : (known?.endAt ?? Number.POSITIVE_INFINITY)
  faults.set(fault, { kind, target, startAt, endAt })
}

function takeRow(index: Index, { conv, seq, device, id, isMessage, hash }: LogRow): void {
  const { names, sends } = index
  const conversation = conversationOf(index, conv)
  const number = names.numberOf(id)
  if (conversation.rows.has(seq)) conversation.doubled.push(seq)
  const row = {
    device: names.numberOf(device),
    id: number,
    isMessage,
    hash: hash === undefined ? -1 : digest(hash),
  }
  conversation.rows.set(seq, row)
  const send = sends.get(number)
  if (send && send.conv === conversation.conv && send.storedSeq === 0) send.storedSeq = seq
}

function conversationOf({ names, conversations }: Index, name: string): ConversationLog {
  const conv = names.numberOf(name)
  let conversation = conversations.get(conv)
  if (!conversation) {
    conversation = { conv, rows: new Map(), doubled: [], head: undefined }
    conversations.set(conv, conversation)
  }
  return conversation
}

function feedOf({ names, feeds }: Index, device: string, conv: string): Feed {
  const key = `${device} ${conv}`
  let feed = feeds.get(key)
  if (!feed) {
    feed = { device: names.numberOf(device), conv: names.numberOf(conv), scopes: [], gaps: [], shows: new Shows() }
    feeds.set(key, feed)
  }
  return feed
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

export const isWithin = (ranges: readonly Range[], seq: number): boolean =>
  ranges.some(({ from, to }) => from <= seq && seq <= to)
