import { decodeChained, signLeave } from '@fastchat/crypto'
import { momentOf } from '@fastchat/crypto/verify'
import type { ClientFrame, ClientFrames, ErrorCode, LogEntry, MessageId } from '@fastchat/schema'
import { chatOperations, fromBase64Url, maxTextLetters } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { createGroup, createIdentity, Device, newId, Writer } from '../../testing/devices.ts'
import { ServerError } from '../errors.ts'

const [anaId, benId] = [createIdentity(), createIdentity()]

let ana: Writer
let ben: Device
let stored: ClientFrames['send'][]

beforeEach(async () => {
  const [anas, bens] = await createGroup([anaId, benId])
  ana = new Writer(anaId, anas!)
  ben = await new Device(benId).begin({}, bens)
  stored = []
  ben.answer = async (frame) => (frame.t === 'send' ? take(frame) : {})
})

const take = (frame: ClientFrames['send']) => ({ seq: stored.push(frame), at: 1 })
const refuse = (code: ErrorCode) => new ServerError(code, code, {}, 1)
const sends = () => ben.sent.filter((frame: ClientFrame) => frame.t === 'send')
const say = async (text: string, id: MessageId = newId()) => {
  await ben.conversation.outbox.queue(id, { v: 1, kind: 'text', text })
  return id
}
const own = (seq: number, frame: ClientFrames['send']): LogEntry => ({
  ...ana.at(seq, 'application', fromBase64Url(frame.envelope), frame.id),
  from: benId.deviceId,
})
const removal = async (seq: number) => {
  const { roster } = ana.group
  const leaf = ana.group.members().find(({ deviceId }) => deviceId === benId.deviceId)?.leafIndex
  const members = roster.members.filter(({ userId }) => userId !== benId.userId)
  return await ana.commits(seq, { remove: [leaf!], roster: { ...roster, members } })
}

test('the bytes and the ratchet are stored before the bytes leave', async () => {
  ben.answer = async (frame) => {
    const again = await ben.again()
    const record = [...again.conversation.outbox.records.values()].at(-1)
    if (frame.t === 'send') expect(record?.encrypted?.envelope).toBe(frame.envelope)
    // A device that starts from here does not use the key again.
    const next = await again.conversation.group?.encrypt(new Uint8Array(1))
    const read = await ana.group.process(fromBase64Url(record!.encrypted!.envelope), checks)
    expect((await read.group.process(next!.envelope, checks)).event.type).toBe('message')
    return frame.t === 'send' ? take(frame) : {}
  }
  await ben.conversation.outbox.whenStored(await say('one'))
  expect(ben.troubles).toEqual([])
})

const checks = { trust: () => true, departed: [], revoked: [] }

test('a disk that is full for a moment delays a message, which is encrypted and sent once', async () => {
  const id = newId<MessageId>()
  await say('one', id)
  await ben.conversation.outbox.whenStored(id)
  const { write } = ben.store
  let failures = 1
  ben.store.write = async (batch) => {
    if (batch.some(({ table }) => table === 'groups') && failures-- > 0) throw new Error('the disk is full')
    await write(batch)
  }
  const second = await say('two')
  await ben.conversation.outbox.whenStored(second)
  expect(ben.troubles.map(({ message }) => message)).toEqual(['the disk is full'])
  const first = await ana.group.process(fromBase64Url(stored[0]!.envelope), checks)
  expect((await first.group.process(fromBase64Url(stored[1]!.envelope), checks)).event.type).toBe('message')
  expect(stored).toHaveLength(2)
})

test('an ack that cannot be stored is asked for again with the same bytes', async () => {
  const { write } = ben.store
  let failures = 1
  ben.store.write = async (batch) => {
    const isAck = batch.some(({ value }) => value && new TextDecoder().decode(value).includes('"stored"'))
    if (isAck && failures-- > 0) throw new Error('the disk is full')
    await write(batch)
  }
  await ben.conversation.outbox.whenStored(await say('one'))
  expect(sends()).toHaveLength(2)
  expect(sends()[1]).toEqual(sends()[0])
})

test.each(['too_large', 'of_tomorrow'])('a message rejected with %s fails, and the next one is sent', async (code) => {
  ben.answer = async (frame) => {
    if (frame.t !== 'send') return {}
    if (sends().length === 1) throw new ServerError(code, code)
    return take(frame)
  }
  const first = await say('one')
  await expect(ben.conversation.outbox.whenStored(first)).rejects.toMatchObject({ code })
  await ben.conversation.outbox.whenStored(await say('two'))
  expect(sends()).toHaveLength(2)
})

test('a message that is too large is rejected at once and blocks nothing', async () => {
  await expect(say('x'.repeat(maxTextLetters + 1))).rejects.toMatchObject({ code: 'invalid_payload' })
  // A control character takes six bytes of JSON.
  await expect(say('\u0001'.repeat(maxTextLetters))).rejects.toMatchObject({ code: 'too_large' })
  await ben.conversation.outbox.whenStored(await say('short'))
})

test.each([
  [
    'left',
    async () => {
      const statement = signLeave(benId, momentOf(ana.group.publicGroup))
      ben.conversation.receive({ ...ana.at(1, 'leave', statement), from: benId.deviceId })
    },
  ],
  ['removed', async () => ben.conversation.receive(await removal(1))],
])('what waits when one has %s is gone in one step with that, and said to have failed', async (kind, end) => {
  ben.isOnline = false
  const failed: MessageId[] = []
  ben.context.events.on('failed', ({ id }) => failed.push(id))
  const id = await say('for those who are in the group now')
  const { write } = ben.store
  let waiting: number | undefined
  ben.store.write = async (batch) => {
    await write(batch)
    if (batch.some(({ table }) => table === 'entries')) waiting ??= (await ben.store.list('outbox')).length
  }
  const stored = ben.conversation.outbox.whenStored(id)
  await Promise.all([end(), expect(stored).rejects.toMatchObject({ code: 'not_a_member' })])
  expect(ben.kinds).toEqual([kind])
  expect(waiting).toBe(0)
  expect(failed).toEqual([id])
})

test('an id that is in the history is not sent again', async () => {
  const id = await say('one')
  await ben.conversation.outbox.whenStored(id)
  ben.receive(own(1, stored[0]!))
  await eventually(() => expect(ben.texts).toEqual(['one']))
  await say('one', id)
  await ben.conversation.outbox.idle()
  expect(sends()).toHaveLength(1)
  expect(await ben.conversation.outbox.whenStored(id)).toEqual({ seq: 1, at: 1 })
  await expect(ben.conversation.outbox.whenStored(newId())).rejects.toMatchObject({ code: 'unknown_message' })
})

test('a message is reported as stored once, whether the ack or the log comes first', async () => {
  const told: MessageId[] = []
  ben.context.events.on('stored', ({ id }) => told.push(id))
  const first = await say('one')
  await ben.conversation.outbox.whenStored(first)
  ben.receive(own(1, stored[0]!))
  let ok = () => {}
  ben.answer = (frame) => new Promise((resolve) => (ok = () => resolve(take(frame as ClientFrames['send']))))
  const second = await say('two')
  await eventually(() => expect(sends()).toHaveLength(2))
  ben.receive(own(2, sends()[1]!))
  await eventually(() => expect(ben.texts).toEqual(['one', 'two']))
  ok()
  await ben.conversation.outbox.idle()
  expect(told).toEqual([first, second])
})

test('a device that the server sees outside the group keeps its messages until the log says why', async () => {
  ben.answer = async (frame) => {
    if (frame.t === 'send') throw refuse('not_found')
    return {}
  }
  const waiting = ben.conversation.outbox.whenStored(await say('one'))
  waiting.catch(() => {})
  await eventually(() => expect(ben.sent.map(({ t }) => t)).toEqual(['send', 'fetch']))
  expect(ben.conversation.outbox.records.size).toBe(1)
  ben.receive(await removal(1))
  await expect(waiting).rejects.toMatchObject({ code: 'not_a_member' })
  expect(await ben.store.list('outbox')).toEqual([])
})

test('after a restore of the database, messages that the log has not shown are sent again unchanged', async () => {
  await ben.conversation.outbox.whenStored(await say('one'))
  ben.conversation.outbox.hold()
  const late = await say('two')
  await ben.conversation.outbox.sendAgain()
  await ben.conversation.outbox.whenStored(late)
  expect(sends()).toHaveLength(3)
  expect(sends()[1]).toEqual(sends()[0])
  expect(sends()[2]?.id).toBe(late)
})

test('after a restore, recent shown messages are sent again first, in order and without notice', async () => {
  const [one, two] = [await say('one'), await say('two')]
  await ben.conversation.outbox.whenStored(two)
  ben.receive(own(1, stored[0]!), own(2, stored[1]!))
  await eventually(() => expect(ben.texts).toEqual(['one', 'two']))
  expect(ben.conversation.outbox.records.size).toBe(0)
  const told: string[] = []
  ben = await ben.again()
  for (const event of ['stored', 'failed', 'entry'] as const) ben.context.events.on(event, () => told.push(event))
  // The server still has the first one, and gives the second one a new position.
  const places = new Map([
    [one, 1],
    [two, 1_000],
  ])
  ben.answer = async (frame) => (frame.t === 'send' ? { seq: places.get(frame.id) ?? 1_001, at: 2 } : {})
  ben.conversation.outbox.hold()
  const three = await say('three')
  await ben.conversation.outbox.sendAgain()
  await ben.conversation.outbox.whenStored(three)
  expect(sends().map(({ id }) => id)).toEqual([one, two, three])
  expect(
    sends()
      .slice(0, 2)
      .map(({ envelope }) => envelope),
  ).toEqual(stored.map(({ envelope }) => envelope))
  await eventually(() => expect([...ben.conversation.outbox.records.keys()]).toEqual([two, three]))
  expect(told).toEqual(['stored'])
  // The messages are kept for the next restore.
  expect(await ben.store.list('sent')).toHaveLength(1)
})

test('sent messages are kept for ten minutes before the last one', async () => {
  const minute = 60_000
  for (const [at, seq] of [
    [0, 1],
    [9 * minute, 2],
    [11 * minute, 3],
  ] as const) {
    ben.answer = async (frame) => (frame.t === 'send' ? { seq: stored.push(frame), at } : {})
    await ben.conversation.outbox.whenStored(await say(`message ${seq}`))
    ben.receive({ ...own(seq, stored[seq - 1]!), at })
    await eventually(() => expect(ben.conversation.record.cursor).toBe(seq))
  }
  expect((await ben.store.list('sent')).map(({ key }) => Number(key.split('/')[1]))).toEqual([2, 3])
})

/** Ana begins an epoch, so that Ben has a chain. */
const begin = async (seq = 1) => {
  ben.receive(await ana.commits(seq))
  await eventually(() => expect(ben.conversation.record.chain?.start).toBe(seq))
}
const alarms = () => ben.shown.flatMap(({ event }) => (event?.kind === 'trouble' ? [event.code] : []))
const frameOf = async ({ envelope }: ClientFrames['send']) => {
  const { group, event } = await ana.group.process(fromBase64Url(envelope), checks)
  ana.group = group
  return event.type === 'message' ? decodeChained(event.plaintext)?.frame : undefined
}

test('the next message states a rejected one, also after a restart', async () => {
  await begin()
  ben.answer = async (frame) => {
    if (frame.t !== 'send') return {}
    if (stored.length === 0 && stored.push(frame)) throw refuse('attachment_unknown')
    return { seq: stored.push(frame), at: 1 }
  }
  await expect(ben.conversation.outbox.whenStored(await say('rejected'))).rejects.toMatchObject({
    code: 'attachment_unknown',
  })
  ben = Object.assign(await ben.again(), { answer: ben.answer })
  await ben.conversation.outbox.whenStored(await say('stored'))
  expect(await frameOf(stored[1]!)).toMatchObject({ voided: 1, seen: { seq: 1 } })
})

test('a device begins a new epoch before its rejected messages exceed what receivers let a sender skip', async () => {
  await begin()
  ben.answer = async (frame) => {
    if (frame.t === 'send') throw refuse('attachment_unknown')
    return {}
  }
  const commits: unknown[] = []
  const { method, path } = chatOperations.commit
  ben.answers[`${method} ${path}`] = ({ body }) => commits.push(body) && { seq: 2, duplicate: false }
  for (let n = 0; n < 60; n++) await say(`rejected ${n}`)
  await eventually(() => expect(commits).toHaveLength(1))
  // The sum includes the sends under way when the sixteenth was rejected.
  expect(sends().length).toBeLessThanOrEqual(32)
  expect(ben.conversation.outbox.records.size).toBe(60 - sends().length)
  const bundle = commits[0] as { id: MessageId; commit: string }
  ben.answer = async (frame) => (frame.t === 'send' ? take(frame) : {})
  ben.receive({ ...ana.at(2, 'commit', fromBase64Url(bundle.commit), bundle.id), from: benId.deviceId })
  await eventually(() => expect(ben.conversation.record.chain).toMatchObject({ start: 2, voided: 0 }))
  await eventually(() =>
    expect([...ben.conversation.outbox.records.values()].filter((record) => !record.stored)).toEqual([]),
  )
  expect((await ana.group.process(fromBase64Url(bundle.commit), checks)).event).toMatchObject({
    type: 'commit',
    change: { rosterChanged: false },
  })
})

test('a message that the log has at another position than the server said, or not at all, is an alarm', async () => {
  await begin()
  ben.answer = async (frame) => (frame.t === 'send' ? { seq: stored.push(frame) + 1, at: 1 } : {})
  await ben.conversation.outbox.whenStored(await say('one'))
  ben.receive(await ana.says(2, 'something else'))
  await eventually(() => expect(alarms()).toEqual(['own_message_moved']))
  ben.receive(own(3, stored[0]!))
  await eventually(() => expect(ben.texts).toEqual(['something else', 'one']))
  expect(alarms()).toEqual(['own_message_moved', 'own_message_moved'])
  await ben.conversation.outbox.whenStored(await say('two'))
  ben.receive(await ana.says(4, 'more'), own(5, stored[1]!))
  await eventually(() => expect(ben.texts).toContain('two'))
  expect(ben.counters.alarms).toBe(alarms().length)
})

test.each([
  ['the log has shown it elsewhere', 2, 3],
  ['the log has passed that position without it', undefined, 2],
])('an ack that comes late, when %s, is an alarm; the line comes with the next entry', async (_, shownAt, ackedAt) => {
  await begin()
  const ack = Promise.withResolvers<{ seq: number; at: number }>()
  ben.answer = () => ack.promise
  await say('one')
  await eventually(() => expect(sends()).toHaveLength(1))
  ben.receive(shownAt === undefined ? await ana.says(2, 'theirs') : own(shownAt, sends()[0]!))
  await eventually(() => expect(ben.conversation.record.cursor).toBe(2))
  ack.resolve({ seq: ackedAt, at: 1 })
  await eventually(() => expect(ben.troubles).toMatchObject([{ code: 'own_message_moved' }]))
  expect(alarms()).toEqual([])
  ben.receive(await ana.says(3, 'next'))
  await eventually(() => expect(alarms()).toEqual(['own_message_moved']))
  expect(ben.conversation.record.owed).toBeUndefined()
  expect(ben.counters.alarms).toBe(1)
})

test('an ack that agrees with the log raises no alarm, in either order', async () => {
  await begin()
  ben.answer = async (frame) => (frame.t === 'send' ? { seq: stored.push(frame) + 1, at: 1 } : {})
  await ben.conversation.outbox.whenStored(await say('one'))
  ben.receive(own(2, stored[0]!))
  await eventually(() => expect(ben.texts).toEqual(['one']))
  const ack = Promise.withResolvers<{ seq: number; at: number }>()
  ben.answer = () => ack.promise
  await say('two')
  await eventually(() => expect(sends()).toHaveLength(2))
  ben.receive(own(3, sends()[1]!))
  await eventually(() => expect(ben.texts).toEqual(['one', 'two']))
  ack.resolve({ seq: 3, at: 1 })
  await ben.conversation.outbox.idle()
  expect([alarms(), ben.troubles]).toEqual([[], []])
})
