import type { ConversationRecord, Entry } from '@fastchat/client'
import { beginChain, envelopeOf, followChain, frameOf, storedRecord } from '@fastchat/client/chain'
import {
  createAccountKey,
  createDeviceKeys,
  createStoreKey,
  decodeChained,
  encodeChained,
  Group,
  seal,
  signCredential,
} from '@fastchat/crypto'
import type { ConversationId, DeviceId, GroupNo, LogEntry, MessageId, UserId } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'
import { collectGarbage } from '../collect-garbage.ts'
import { opaqueEnvelope } from '../envelope.ts'
import type { ChainCosts } from './chain.ts'

/** Rounds before V8 has compiled everything. */
const warmUpRounds = 4
/** Rounds that are measured; in each, the three kinds of work take turns. */
const rounds = 24
const messagesPerRound = 2_000
const payload = new Uint8Array(240)
const encoder = new TextEncoder()

// uuidv7 returns UUIDs, the form of every id.
const newId = <T extends string>(): T => uuidv7() as T

/** Measures in this process and sends the costs to the parent. */
async function measure(): Promise<ChainCosts> {
  const { group, record, me } = await start()
  const key = createStoreKey()
  const store = (record: unknown) => seal(key, encoder.encode(JSON.stringify(record)), 'row')
  const entries = Array.from({ length: 64 }, () => opaqueEnvelope(ids.conversation).toString('base64url'))
  const { chain: _, ...bare } = record
  let view = { record, group }
  let plaintext: Uint8Array = payload
  const tell = () => {
    plaintext = encodeChained(frameOf(view.record.chain, group), payload)
  }
  const read = async (n: number): Promise<void> => {
    const frame = decodeChained(plaintext)?.frame
    const item = entryAt(view.record.cursor + 1, entries[n % entries.length] ?? '')
    const said = { sender: { leafIndex: 1, userId: me, deviceId: item.from }, epoch: group.epoch, frame, skipped: 0 }
    const result = { record: { ...view.record, cursor: item.seq }, group, entries: [lineOf(item)], said }
    const step = { me, before: view, item, result, acked: () => undefined, valueAt: () => undefined }
    // A client decodes the envelope in any case, to decrypt it.
    envelopeOf(item)
    const next = await followChain(step)
    if (next.alarms) throw new Error('an alarm for a correct history')
    view = { record: next.record, group }
    for (const line of next.entries) store({ ...line, c: next.c })
    store(storedRecord(view.record))
  }
  /** Reads an entry as `read` does, without a chain. */
  const readBare = async (n: number): Promise<void> => {
    const item = entryAt(n, entries[n % entries.length] ?? '')
    envelopeOf(item)
    const result = { record: { ...bare, cursor: item.seq }, entries: [lineOf(item)] }
    for (const line of result.entries) store(line)
    store(result.record)
  }
  const afterTelling = (then: (n: number) => Promise<void>) => async (n: number) => {
    tell()
    await then(n)
  }
  const works = [
    ['bare', readBare],
    ['told', afterTelling(readBare)],
    ['read', afterTelling(read)],
  ] as const
  const costs: Record<'bare' | 'told' | 'read', number[]> = { bare: [], told: [], read: [] }
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    // The order alternates, so that no kind always pays for the same other kind's garbage.
    for (const [name, work] of round % 2 === 0 ? works : works.toReversed()) {
      collectGarbage()
      const cost = await perMessage(work)
      if (round >= warmUpRounds) costs[name].push(cost)
    }
  }
  const [bareCost, toldCost, readCost] = [median(costs.bare), median(costs.told), median(costs.read)]
  return { telling: toldCost - bareCost, reading: readCost - toldCost, bytes: plaintext.length - payload.length }
}

async function start() {
  const { accountPrivate, accountKey } = createAccountKey()
  const device = { userId: newId<UserId>(), deviceId: newId<DeviceId>() }
  const keys = createDeviceKeys()
  const credentialSig = signCredential(accountPrivate, { ...device, signatureKey: keys.signaturePublic })
  const identity = { ...device, ...keys, accountKey, credentialSig }
  const { conversation } = ids
  // Group numbers begin at 1.
  const alone = await Group.create({ conversation, groupNo: 1 as GroupNo, identity, kind: 'group' })
  const { pending: group } = await alone.commit({ trust: () => true })
  const record: ConversationRecord = {
    ...{ conversation, kind: 'group', status: 'active', groupNo: 1, cursor: 1, joinedSeq: 1, readSeq: 0, unread: 0 },
    ...{ lastAt: 0, members: group.roster.members, departed: [], profileSeq: 0 },
    chain: beginChain(undefined, group, 1),
  }
  return { group, record, me: device.userId }
}

const ids = { conversation: newId<ConversationId>(), id: newId<MessageId>(), from: newId<DeviceId>() }
const entryAt = (seq: number, envelope: string): LogEntry => ({
  ...ids,
  // Seqs begin at 1.
  seq: seq as LogEntry['seq'],
  kind: 'application',
  at: Date.now(),
  envelope,
})

const lineOf = ({ conversation, seq, id, at, from }: LogEntry): Entry => ({
  ...{ type: 'message', conversation, seq, id, at, device: from, payload: { v: 1, kind: 'text', text } },
})
const text = 'x'.repeat(payload.length / 2)

/** Returns the CPU of this process per message, in µs. */
async function perMessage(work: (n: number) => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  for (let n = 1; n <= messagesPerRound; n++) await work(n)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / messagesPerRound
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

process.send?.(await measure())
