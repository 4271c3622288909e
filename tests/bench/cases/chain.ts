import type { ConversationRecord } from '@fastchat/client'
import { beginChain, envelopeOf, followChain, frameOf } from '@fastchat/client/chain'
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
import { opaqueEnvelope } from '../envelope.ts'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './index.ts'

/** What is measured takes turns, since each round is faster than the one before until everything is compiled. */
const rounds = 9
const messagesPerRound = 4_000
const payload = new Uint8Array(240)

// Of the form of an id.
const newId = <T extends string>(): T => uuidv7() as T

/**
 * What the chained history adds to a message: telling what was read, comparing it, taking the entry into the chain, and
 * storing the chain with the conversation's record, sealed. All in this process, for a sender and a receiver together.
 */
export async function benchChain({ say, signal }: Bench): Promise<readonly Row[]> {
  say('chain: measuring …')
  const { group, record, me } = await start()
  const key = createStoreKey()
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
    const said = { sender: { leafIndex: 1, userId: me, deviceId: item.from }, frame, skipped: 0 }
    const reading = { record: { ...view.record, cursor: item.seq }, group, entries: [], said }
    const step = { me, before: view, item, reading, acked: () => undefined, page: async () => undefined }
    // It is decoded anyway, to be opened.
    envelopeOf(item)
    const next = await followChain(step)
    if (next.alarms) throw new Error('an alarm where nothing is wrong')
    view = { record: next.record, group }
    for (const write of next.writes ?? []) if (write.value) seal(key, write.value, write.key)
    seal(key, Buffer.from(JSON.stringify(view.record)), 'record')
  }
  const readBare = async (n: number): Promise<void> => {
    envelopeOf(entryAt(n, entries[n % entries.length] ?? ''))
    seal(key, Buffer.from(JSON.stringify({ ...bare, cursor: n })), 'record')
  }
  const measured: { readonly telling: number; readonly reading: number }[] = []
  for (let round = 0; round <= rounds; round++) {
    signal.throwIfAborted()
    const telling = await perMessage(async () => tell())
    const both = await perMessage(async (n) => {
      tell()
      await read(n)
    })
    const without = await perMessage(readBare)
    // The first one warms up.
    if (round > 0) measured.push({ telling, reading: both - telling - without })
  }
  const note = 'each message alone; of those that arrive together, the record is stored once'
  const target = { targets: [{ atMost: 10 }] } as const
  return [
    rowOf({ name: 'chain, CPU to tell what was read', unit: 'µs/msg', ...target }, median(measured, 'telling')),
    rowOf(
      { name: 'chain, CPU to compare, chain and store', unit: 'µs/msg', note, ...target },
      median(measured, 'reading'),
    ),
    rowOf({ name: 'chain, in a message', unit: 'bytes', targets: [{ atMost: 64 }] }, plaintext.length - payload.length),
  ]
}

async function start() {
  const { accountPrivate, accountKey } = createAccountKey()
  const device = { userId: newId<UserId>(), deviceId: newId<DeviceId>() }
  const keys = createDeviceKeys()
  const credentialSig = signCredential(accountPrivate, { ...device, signatureKey: keys.signaturePublic })
  const identity = { ...device, ...keys, accountKey, credentialSig }
  const { conversation } = ids
  // Numbers of groups begin at 1.
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
  // Positions are numbered from 1.
  seq: seq as LogEntry['seq'],
  kind: 'application',
  at: Date.now(),
  envelope,
})

/** CPU of this process, in µs. */
async function perMessage(work: (n: number) => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  for (let n = 1; n <= messagesPerRound; n++) await work(n)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / messagesPerRound
}

function median<K extends string>(rounds: readonly Readonly<Record<K, number>>[], name: K): number {
  const sorted = rounds.map((round) => round[name]).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
