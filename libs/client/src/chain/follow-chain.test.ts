import { systemClock } from '@fastchat/clock'
import { type ChainPoint, extendChain, type Group, startChain } from '@fastchat/crypto'
import { fromBase64Url, type LogEntry, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, newId, Writer } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import type { LogItem } from '../conversation/log-item.ts'
import { History } from '../history.ts'
import { Trouble } from '../trouble.ts'
import { followChain } from './follow-chain.ts'

const [anaId, benId, cleoId] = [createIdentity(), createIdentity(), createIdentity()]
/** The position of the commit that begins the epoch of these tests. */
const start = 5

let ana: Writer
let cleo: Writer
let ben: Device
/** The true log. */
let log: ChainPoint[]

beforeEach(async () => {
  const [anas, bens, cleos] = (await createGroup([anaId, benId, cleoId])) as [Group, Group, Group]
  ana = new Writer(anaId, anas)
  cleo = new Writer(cleoId, cleos)
  ben = await new Device(benId, memoryStore()).begin({ cursor: start - 1 }, bens)
  await begin(start)
})

const checks = { trust: () => true, departed: [], revoked: [] }

/** Ana commits, and the others follow. */
async function begin(seq: number): Promise<void> {
  const commit = await ana.commits(seq)
  cleo.group = (await cleo.group.process(fromBase64Url(commit.envelope ?? ''), checks)).group
  const { groupNo, epoch, confirmedTranscriptHash } = ana.group
  log = [{ seq, c: startChain({ conversation, groupNo, epoch, seq, confirmedTranscriptHash }) }]
  await reads(commit)
}

/** A member who has read the whole log sends a message, which is then in the log. */
async function say(writer: Writer, text: string, seen = log.at(-1)): Promise<LogEntry> {
  writer.frame = { ...writer.frame, ...(seen && { seen }) }
  const before = log.at(-1)!
  const entry = await writer.says(before.seq + 1, text)
  log.push({ seq: entry.seq, c: extendChain(before.c, { ...entry, envelope: fromBase64Url(entry.envelope ?? '') }) })
  return entry
}

async function reads(...entries: readonly LogItem[]): Promise<void> {
  const last = entries.at(-1)!
  ben.receive(...entries)
  await eventually(() => expect(ben.conversation.record.cursor).toBe('id' in last ? last.seq : last.to))
}

const alarms = (device = ben) =>
  device.shown.flatMap(({ event, from }) => (event?.kind === 'trouble' ? [[event.code, from]] : []))
const wrong = (point: ChainPoint): ChainPoint => ({ ...point, c: point.c.map((byte) => byte ^ 1) })

test('members who read the same log raise no alarm, with any number of messages under way', async () => {
  const entries = [await say(ana, 'one'), await say(cleo, 'two')]
  const seen = log.at(-1)!
  for (let n = 0; n < 40; n++) entries.push(await say(n % 3 === 0 ? ana : cleo, `burst ${n}`, seen))
  entries.push(await say(ana, 'last'))
  await reads(...entries)
  expect([alarms(), ben.troubles, ben.counters.alarms]).toEqual([[], [], 0])
})

test('a false value is a line, an event with a code, and counted, and it is raised once', async () => {
  await reads(await say(ana, 'one'))
  await reads(await say(ana, 'two', wrong(log.at(-1)!)), await say(ana, 'three', wrong(log.at(-1)!)))
  expect(alarms()).toEqual([['history_differs', anaId.userId]])
  expect(ben.shown.at(-2)).toMatchObject({ seq: start + 2, device: anaId.deviceId, event: { at: start + 1 } })
  const [trouble] = ben.troubles
  expect(trouble).toBeInstanceOf(Trouble)
  expect(trouble).toMatchObject({
    code: 'history_differs',
    details: { conversation, seq: start + 2, from: anaId.userId },
  })
  expect(ben.counters.alarms).toBe(1)
})

test('a position that is not read yet, or that is before the epoch, does not agree', async () => {
  await reads(await say(ana, 'one', { seq: start + 1, c: log[0]!.c }))
  await reads(await say(cleo, 'two', { seq: start - 1, c: log[0]!.c }))
  expect(alarms()).toEqual([
    ['history_differs', anaId.userId],
    ['history_differs', cleoId.userId],
    ['history_split', undefined],
  ])
})

test('the chain continues after a restart and does not repeat an alarm', async () => {
  await reads(await say(ana, 'one'))
  await reads(await say(cleo, 'two', wrong(log.at(-1)!)))
  const again = await ben.again()
  again.receive(await say(ana, 'three'), await say(cleo, 'four', wrong(log.at(-1)!)), await say(ana, 'five', log[1]))
  await eventually(() => expect(again.conversation.record.cursor).toBe(start + 5))
  expect(alarms(again)).toEqual([])
})

test('a batch that could not be stored leaves the chain unchanged', async () => {
  const { write } = ben.store
  let failures = 1
  ben.store.write = async (batch) => {
    if (failures-- > 0) throw new Error('the disk is full')
    await write(batch)
  }
  const entries = [await say(ana, 'one'), await say(ana, 'two'), await say(ana, 'three')]
  ben.receive(...entries)
  await eventually(() => expect(ben.sent.map(({ t }) => t)).toEqual(['fetch']))
  await reads(...entries)
  expect(alarms()).toEqual([])
})

test('an unreadable entry is in the chain, too', async () => {
  const broken = { ...(await say(ana, 'lost on the way')), envelope: '§' }
  const before = log.at(-2)!
  log.splice(-1, 1, { seq: broken.seq, c: extendChain(before.c, broken) })
  await reads(broken, await say(cleo, 'next'))
  expect([ben.counters.undecryptable, alarms()]).toEqual([1, []])
})

test('the first message of an epoch states the end of the last one, which is compared', async () => {
  await reads(await say(ana, 'one'))
  const end = log.at(-1)!
  await begin(start + 2)
  ana.frame = { closings: [end], voided: 0 }
  await reads(await say(ana, 'right'))
  expect(alarms()).toEqual([])
  cleo.frame = { closings: [wrong(end)], voided: 0 }
  await reads(await say(cleo, 'wrong'))
  expect(alarms()).toEqual([['history_differs', cleoId.userId]])
})

test('the end of an epoch at another position is a false end', async () => {
  await reads(await say(ana, 'one'))
  await begin(start + 2)
  ana.frame = { closings: [log[0]!], voided: 0 }
  await reads(await say(ana, 'wrong'))
  expect(alarms()).toEqual([['history_differs', anaId.userId]])
})

test('a message of an ended or future epoch is at a place where no honest server stores it', async () => {
  const late = await say(ana, 'late')
  log.pop()
  await begin(start + 1)
  await reads({ ...late, seq: (start + 2) as LogEntry['seq'] })
  expect(alarms()).toEqual([['wrong_place', undefined]])
  expect(ben.texts).toEqual(['late'])
})

test('a message of an ended epoch raises an alarm also when it cannot be read', async () => {
  const late = await say(ana, 'late')
  log.pop()
  await begin(start + 1)
  const envelope = fromBase64Url(late.envelope ?? '')
  envelope[envelope.length - 1] = (envelope.at(-1) ?? 0) ^ 1
  await reads({ ...late, envelope: toBase64Url(envelope), seq: (start + 2) as LogEntry['seq'] })
  expect(ben.texts).toEqual([])
  expect(alarms()).toEqual([['wrong_place', undefined]])
})

test('after a gap nothing is compared, and the gap excuses skipped messages', async () => {
  await reads(await say(ana, 'one'))
  const before = { record: ben.conversation.record, group: ben.conversation.group }
  const step = { me: benId.userId, acked: () => undefined, valueAt: () => undefined }
  const gap = {
    conversation,
    from: (start + 2) as LogEntry['seq'],
    to: (start + 9) as LogEntry['seq'],
    reason: 'retention',
  } as const
  const torn = await followChain({ ...step, before, item: gap, result: { ...before, entries: [] } })
  expect(torn.record.chain?.missing).toBe(8)
  const item = ana.at(start + 10, 'application', new Uint8Array(9))
  const senderView = {
    sender: { leafIndex: 0, ...anaId },
    epoch: ana.group.epoch,
    skipped: 4,
    frame: { seen: wrong(log[0]!), closings: [], voided: 0 },
  }
  const after = await followChain({ ...step, before: torn, item, result: { ...torn, entries: [], senderView } })
  expect(after.entries).toEqual([])
  expect(after.record.chain?.missing).toBe(8)
})

test('an entry that was read long ago, or before a restart, is compared', async () => {
  const entries = []
  for (let n = 0; n < 100; n++) entries.push(await say(ana, String(n)))
  await reads(...entries)
  const old = log[1]!
  await reads(await say(cleo, 'honest', old))
  expect(alarms()).toEqual([])
  const again = await ben.again()
  again.receive(await say(cleo, 'honest', log[2]), await say(cleo, 'wrong', wrong(old)))
  await eventually(() => expect(again.conversation.record.cursor).toBe(start + 103))
  expect(alarms(again)).toEqual([['history_differs', cleoId.userId]])
})

test('an entry without a line, such as a commit of new keys, is compared after a restart', async () => {
  const begun = log[0]!
  expect(ben.shown).toEqual([])
  await reads(await say(ana, 'one'), await say(ana, 'two'))
  const again = await ben.again()
  again.receive(await say(ana, 'honest', begun), await say(cleo, 'wrong', wrong(begun)))
  await eventually(() => expect(again.conversation.record.cursor).toBe(start + 4))
  expect(alarms(again)).toEqual([['history_differs', cleoId.userId]])
})

test('history shows no chain values', async () => {
  await reads(await say(ana, 'one'))
  const lines = await new History(ben.store, systemClock).before(conversation, 10)
  expect(lines).toEqual(ben.shown)
})

test('leaving a group removes its chain and all rows of the chain', async () => {
  await reads(await say(ana, 'one'))
  expect(await ben.store.list('chains')).toHaveLength(2)
  const { roster, ownLeafIndex } = ben.conversation.group!
  const members = roster.members.filter(({ userId }) => userId !== benId.userId)
  await reads(await ana.commits(start + 2, { remove: [ownLeafIndex], roster: { ...roster, members } }))
  expect(ben.conversation.record.chain).toBeUndefined()
  expect(await ben.store.list('chains')).toEqual([])
})

test('a payload that another program wrote without a frame is shown as unknown and blocks nothing', async () => {
  const { group, envelope } = await ana.group.encrypt(new TextEncoder().encode('{"v":1,"kind":"text","text":"hi"}'))
  ana.group = group
  const entry = ana.at(start + 1, 'application', envelope)
  const before = log.at(-1)!
  log.push({ seq: entry.seq, c: extendChain(before.c, { ...entry, envelope }) })
  await reads(entry, await say(cleo, 'next'))
  expect(ben.shown.map(({ payload }) => payload?.kind)).toEqual(['unknown', 'text'])
  expect(alarms()).toEqual([])
})

test('a message states what this device has read, also when it is encrypted again', async () => {
  await reads(await say(ana, 'one'))
  ben.answer = async () => new Promise(() => {})
  await ben.conversation.outbox.queue(newId(), { v: 1, kind: 'text', text: 'mine' })
  await eventually(() => expect(ben.sent.filter(({ t }) => t === 'send')).toHaveLength(1))
  const [frame] = ben.sent.filter(({ t }) => t === 'send')
  const read = await ana.group.process(fromBase64Url((frame as { envelope: string }).envelope), checks)
  expect(read.event).toMatchObject({ type: 'message' })
  const { plaintext } = read.event as Extract<typeof read.event, { type: 'message' }>
  expect(toBase64Url(plaintext.subarray(12, 32))).toBe(toBase64Url(log.at(-1)!.c))
})
