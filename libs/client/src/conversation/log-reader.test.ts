import { createKeyPackage, signLeave } from '@fastchat/crypto'
import { momentOf } from '@fastchat/crypto/verify'
import { chatOperations, fromBase64Url, type LogEntry, type MessageId, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, newId, Writer } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { ServerError } from '../errors.ts'
import { type Entry, parseRecord } from '../store/records.ts'
import type { Write } from '../store/store.ts'

const [anaId, benId, cleoId] = [createIdentity(), createIdentity(), createIdentity()]
const info = `${chatOperations.getConversation.method} ${chatOperations.getConversation.path}`
const groupInfo = `${chatOperations.groupInfo.method} ${chatOperations.groupInfo.path}`
const welcome = `${chatOperations.welcome.method} ${chatOperations.welcome.path}`
const notFound = () => {
  throw new ServerError('not_found', 'There is no such thing here')
}

let ana: Writer
let ben: Device
let writes: (readonly Write[])[]
let refuseWrites: number

beforeEach(async () => {
  const [anas, bens] = await createGroup([anaId, benId, cleoId])
  writes = []
  refuseWrites = 0
  const store = memoryStore()
  const { write } = store
  store.write = async (batch) => {
    if (refuseWrites-- > 0) throw new Error('the disk is full')
    writes.push(batch)
    await write(batch)
  }
  ana = new Writer(anaId, anas!)
  ben = await new Device(benId, store).begin({ cursor: 0 }, bens)
  writes = []
})

async function texts(from: number, count: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for (let n = 0; n < count; n++) entries.push(await ana.says(from + n, String(from + n)))
  return entries
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n + 1))
const fetches = () => ben.sent.filter(({ t }) => t === 'fetch')
const rest = () => eventually(() => expect(ben.conversation.isSettled).toBe(true), { everyMs: 5 })

test('messages that arrive together are stored together and then acknowledged', async () => {
  const former = ben.conversation.group!
  const entries = await texts(1, 40)
  ben.receive(...entries)
  await rest()
  expect(ben.texts).toEqual(numbers(40))
  expect(writes.filter((batch) => batch.some(({ table }) => table === 'groups')).length).toBeLessThanOrEqual(3)
  expect(ben.acked.at(-1)).toBe(40)
  expect(ben.conversation.record).toMatchObject({ cursor: 40, unread: 40 })
  // The keys of read messages are gone from memory, too.
  const checks = { trust: () => true, departed: [], revoked: [] }
  await expect(former.process(fromBase64Url(entries[0]!.envelope!), checks)).rejects.toThrow('undecryptable')
})

test('a group’s name is a line only when it is new to this device, though it is announced after each join', async () => {
  const named = (seq: number, name: string) => ana.sends(seq, { v: 1, kind: 'profile', name })
  ben.receive(await named(1, 'trip'), await named(2, 'trip'), await named(3, 'Road trip'))
  await rest()
  expect(ben.shown.map(({ seq, from, event }) => ({ seq, from, event }))).toEqual([
    { seq: 1, from: anaId.userId, event: { kind: 'named', name: 'trip' } },
    { seq: 3, from: anaId.userId, event: { kind: 'named', name: 'Road trip' } },
  ])
  expect(ben.conversation.record).toMatchObject({ name: 'Road trip', unread: 0 })
})

test('only the visible part of a name by another client is shown, and an invisible name is ignored', async () => {
  const named = (seq: number, name: string) => ana.sends(seq, { v: 1, kind: 'profile', name })
  ben.receive(
    await named(1, '\u3164\u200b'),
    await named(2, 'tr\u200bip\u202e'),
    await named(3, '\u2800'),
    await named(4, 'trip'),
  )
  await rest()
  expect(ben.shown.map(({ seq, event }) => ({ seq, event }))).toEqual([
    { seq: 2, event: { kind: 'named', name: 'trip' } },
  ])
  expect(ben.conversation.record).toMatchObject({ name: 'trip', cursor: 4 })
})

test('a batch that could not be stored is neither shown nor acknowledged, and can be read again', async () => {
  const entries = await texts(1, 10)
  refuseWrites = 1
  ben.receive(...entries)
  await eventually(() => expect(ben.troubles.map(({ message }) => message)).toContain('the disk is full'))
  expect([ben.shown, ben.acked.filter((seq) => seq > 0)]).toEqual([[], []])
  await eventually(() => expect(fetches()).toMatchObject([{ after: 0 }]))
  ben.receive(...entries)
  await rest()
  expect(ben.texts).toEqual(numbers(10))
  expect(ben.counters.undecryptable).toBe(0)
})

test('a device that ends after any write continues from there, with no entry twice or unreadable', async () => {
  const entries = [...(await texts(1, 5)), await ana.commits(6), ...(await texts(7, 40))]
  ben.receive(...entries.slice(0, 20))
  await rest()
  const again = await ben.again()
  again.receive(...entries)
  await eventually(() => expect(again.conversation.record.cursor).toBe(46))
  const all = [...ben.texts, ...again.texts]
  expect(all).toEqual(entries.filter(({ kind }) => kind === 'application').map(({ seq }) => String(seq)))
  expect(again.counters.undecryptable).toBe(0)
})

test('a missing entry is asked for once, however many come after it', async () => {
  const entries = await texts(1, 30)
  let answerFetch = () => {}
  ben.answer = () => new Promise((resolve) => (answerFetch = () => resolve({})))
  for (const entry of entries.slice(1)) {
    ben.receive(entry)
    await new Promise(setImmediate)
  }
  await eventually(() => expect(fetches()).toHaveLength(1))
  expect(ben.conversation.isSettled).toBe(false)
  answerFetch()
  ben.receive(...entries)
  await rest()
  expect(ben.texts).toEqual(numbers(30))
  expect(fetches()).toHaveLength(1)
})

test('a commit of this device waits for the entries that the log has before it', async () => {
  const { method, path } = chatOperations.commit
  const sent: { id: MessageId; commit: string }[] = []
  ben.answers[`${method} ${path}`] = ({ body }) => {
    sent.push(body as (typeof sent)[0])
    return { seq: 2, epoch: 2, duplicate: false }
  }
  const { groupNo, epoch } = ben.conversation.group!
  void ben.conversation.intents.want({ kind: 'update', groupNo, epoch })
  await eventually(() => expect(sent).toHaveLength(1))
  const first = await ana.says(1, 'one')
  const { id, commit } = sent[0]!
  const own = { ...ana.at(2, 'commit', fromBase64Url(commit), id), from: benId.deviceId }
  ben.receive(own)
  await eventually(() => expect(fetches()).toMatchObject([{ after: 0 }]))
  expect(ben.conversation.record.cursor).toBe(0)
  ben.receive(first, own)
  await eventually(() => expect(ben.conversation.record.cursor).toBe(2))
  expect(ben.texts).toEqual(['one'])
})

test('an item that arrives together with an answer follows that answer', async () => {
  ben = await new Device(benId, ben.store).begin({ status: 'broken', brokenBy: 'unreadable' }, ben.conversation.group!)
  ben.answers[welcome] = notFound
  // Only the server knows whether positions 1 to 9 were for this device.
  const tenth = await ana.says(10, 'ten')
  ben.answered = () => ben.receive(tenth)
  ben.receive(tenth)
  await eventually(() => expect(ben.conversation.record.cursor).toBe(10))
  await rest()
  expect(fetches()).toHaveLength(1)
})

test('a rejected fetch is sent again', async () => {
  const entries = await texts(1, 2)
  ben.answer = async () => {
    if (fetches().length === 1) throw new ServerError('rate_limited', 'slow down', {}, 1)
    return {}
  }
  ben.receive(entries[1]!)
  await eventually(() => expect(fetches()).toHaveLength(2))
})

test('known entries are acknowledged again, so that the server does not wait', async () => {
  const entries = await texts(1, 3)
  ben.receive(...entries)
  await rest()
  ben.acked.length = 0
  ben.receive(...entries)
  await eventually(() => expect(ben.acked).toEqual([3]))
  expect(ben.texts).toEqual(numbers(3))
})

test('a gap is shown at its position and skips no entry that the server still has', async () => {
  ben.answers[groupInfo] = notFound
  const entries = await texts(1, 2)
  const gap = { conversation, from: 3 as LogEntry['seq'], to: 9 as LogEntry['seq'], reason: 'retention' } as const
  ben.receive(gap)
  await eventually(() => expect(fetches()).toMatchObject([{ after: 0 }]))
  expect(ben.conversation.record.cursor).toBe(0)
  ben.receive(...entries, gap)
  await eventually(() => expect(ben.conversation.record.cursor).toBe(9))
  expect(ben.kinds).toEqual(['message', 'message', 'gap'])
})

test('a gap that ends beyond the log skips no entry and is reported once', async () => {
  ben.lastSeq = 3
  const gap = { conversation, from: 1, to: 4, reason: 'retention' } as const as never
  ben.receive(gap, gap)
  await rest()
  await eventually(() => expect(ben.kinds).toEqual(['trouble']))
  expect(ben.shown[0]?.event).toEqual({ kind: 'trouble', code: 'gap_beyond_log' })
  expect(ben.conversation.record).toMatchObject({ cursor: 0, status: 'active' })
  ben.receive(...(await texts(1, 4)))
  await rest()
  expect(ben.texts).toEqual(numbers(4))
})

test.each([
  ['ends before it begins', 3, 2],
  ['has a position that is no number', 1, '9'],
  ['ends between two positions', 1, 1.5],
  ['ends nowhere', 1, Number.POSITIVE_INFINITY],
])('a gap that %s is ignored', async (_, from, to) => {
  ben.lastSeq = Number.MAX_SAFE_INTEGER
  ben.receive({ conversation, from, to, reason: 'retention' } as never, ...(await texts(1, 2)))
  await rest()
  expect(ben.kinds).toEqual(['message', 'message'])
})

const busy = () => {
  throw new ServerError('busy', 'busy', {}, 10)
}
const untrue = ({ troubles }: Device) => troubles.filter((error) => 'code' in error && error.code === 'gap_untrue')

test('an entry at a position in a gap is reported and read, also by the next process', async () => {
  ben.answers[groupInfo] = busy
  ben.lastSeq = 1e15
  ben.receive(await ana.says(1, 'one'))
  ben.receive({ conversation, from: 2, to: 1e15, reason: 'retention' } as never)
  await eventually(() => expect(ben.conversation.record).toMatchObject({ cursor: 1e15, status: 'broken' }))
  const again = await ben.again()
  again.receive(await ana.says(5, 'hidden'), await ana.says(6, 'next'))
  await eventually(() => expect(again.conversation.record.cursor).toBe(6))
  await eventually(() => expect(untrue(again)).toHaveLength(1))
  const rows = (await again.store.list('entries')).map(({ value }) => parseRecord<Entry>(value))
  expect(rows.flatMap(({ type, seq, to }) => (type === 'gap' ? [[seq, to]] : []))).toEqual([
    [2, 4],
    [5, undefined],
    [6, undefined],
  ])
  // A repeated entry is not shown again.
  again.receive({ ...(await ana.says(5, 'hidden')) })
  await eventually(() => expect(again.acked.length).toBeGreaterThan(1))
  expect(untrue(again)).toHaveLength(1)
})

test('an entry inside an old gap is reported and replaces no entry that was read after the gap', async () => {
  ben.answers[groupInfo] = busy
  const [hidden, later] = [await ana.says(3, 'hidden'), await ana.says(10, 'later')]
  ben.receive({ conversation, from: 1, to: 9, reason: 'retention' } as never, later)
  await eventually(() => expect(ben.conversation.record.cursor).toBe(10))
  ben.receive(hidden)
  await eventually(() => expect(untrue(ben)).toHaveLength(1))
  expect(ben.conversation.record.cursor).toBe(10)
})

test('the letters of waiting envelopes are bounded, and dropped entries are asked for again', async () => {
  const envelope = 'A'.repeat(3 * 1024 * 1024)
  const large = (seq: number) => ({ ...ana.at(seq, 'application', new Uint8Array()), envelope })
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const { write } = ben.store
  ben.store.write = async (batch) => {
    await held
    await write(batch)
  }
  ben.receive(large(1))
  await new Promise(setImmediate)
  ben.receive(large(2), large(3), large(4), large(5))
  await eventually(() => expect(fetches().length).toBe(1))
  release()
  await eventually(() => expect(ben.conversation.record.cursor).toBeGreaterThanOrEqual(1))
})

test('a malformed envelope is stepped over, counted, and blocks nothing', async () => {
  const broken = { ...(await ana.says(1, 'never read')), envelope: '§' }
  ben.receive(broken, await ana.says(2, 'read'))
  await rest()
  expect(ben.kinds).toEqual(['unreadable', 'message'])
  expect(ben.counters.undecryptable).toBe(1)
})

test('a device that left and returns continues after a stretch that was not for it', async () => {
  const removed = ben.conversation.group!
  const leaf = removed.ownLeafIndex
  const members = removed.roster.members.filter(({ userId }) => userId !== benId.userId)
  const removal = await ana.commits(1, { remove: [leaf], roster: { kind: 'group', members } })
  ben = await new Device(benId, ben.store).begin({ status: 'left', members: removed.roster.members }, removed)
  ben.answers[welcome] = notFound
  ben.receive(removal)
  await rest()
  expect(ben.conversation.record.status).toBe('left')
  ben.receive(await ana.commits(7))
  await rest()
  expect(ben.conversation.record.cursor).toBe(7)
  expect(fetches()).toEqual([])
})

test('an invitation that comes before the removal is followed after it', async () => {
  ben.answers[info] = () => ({ members: [] })
  ben.answers[groupInfo] = notFound
  const { roster, ownLeafIndex } = ben.conversation.group!
  const members = roster.members.filter(({ userId }) => userId !== benId.userId)
  const removal = await ana.commits(1, { remove: [ownLeafIndex], roster: { kind: 'group', members } })
  ben.conversation.invited({
    t: 'welcome',
    conversation,
    kind: 'group',
    groupNo: 1 as never,
    seq: 5 as LogEntry['seq'],
    join: 'external',
  })
  expect(ben.called).toEqual([])
  ben.receive(removal)
  await eventually(() => expect(ben.called).toContain(groupInfo))
})

test('until a device is back in the group after a gap, unreadable messages belong to the gap', async () => {
  ben.answers[groupInfo] = () => {
    throw new ServerError('busy', 'busy', {}, 0)
  }
  ben.receive({ conversation, from: 1 as LogEntry['seq'], to: 9 as LogEntry['seq'], reason: 'retention' })
  ben.receive(await ana.says(10, 'of an epoch that ben may not know'))
  await eventually(() => expect(ben.conversation.record.cursor).toBe(10))
  expect(ben.kinds).toEqual(['gap', 'gap'])
  expect(ben.counters.undecryptable).toBe(0)
})

test('messages of others are counted as unreadable while only this device cannot follow', async () => {
  ben.answers[groupInfo] = notFound
  ben = await new Device(benId, ben.store).begin({ status: 'broken', brokenBy: 'unreadable' }, ben.conversation.group!)
  ben.answers[welcome] = notFound
  ben.receive(await ana.says(1, 'lost'))
  await rest()
  expect(ben.kinds).toEqual(['unreadable'])
  expect(ben.counters.undecryptable).toBe(1)
})

test('a crash between a break and its recovery does not leave the chat broken', async () => {
  await new Device(benId, ben.store).begin({ status: 'broken', brokenBy: 'unreadable' }, ben.conversation.group!)
  const again = await ben.again()
  again.answers[groupInfo] = notFound
  again.conversation.online()
  await eventually(() => expect(again.called).toContain(groupInfo))
})

test('after a restore the group waits for the next one, and repeated messages are not shown again', async () => {
  const ids = [newId<MessageId>(), newId<MessageId>()] as const
  const first = { ...(await ana.says(1, 'one')), id: ids[0] }
  const second = { ...(await ana.says(2, 'two')), id: ids[1] }
  ben.receive(first, second)
  await eventually(() => expect(ben.texts).toEqual(['one', 'two']))
  ben.receive({ conversation, from: 3 as LogEntry['seq'], to: 99 as LogEntry['seq'], reason: 'restore' })
  await eventually(() =>
    expect(ben.conversation.record).toMatchObject({ status: 'broken', brokenBy: 'restored', cursor: 99 }),
  )
  expect(ben.kinds).toEqual(['message', 'message', 'restored'])

  const [anas, bens] = await createGroup([anaId, benId], 5)
  const next = await new Device(benId).begin({ isRestored: true, cursor: 99, groupNo: 5 }, bens)
  for (const table of ['entries', 'messageIds'] as const)
    await next.store.write((await ben.store.list(table)).map((row) => ({ table, ...row })))
  ana = new Writer(anaId, anas!)
  const again = { ...(await ana.says(100, 'two')), id: ids[1] }
  next.receive(again, await ana.says(101, 'three'), { ...(await ana.says(102, 'not ana’s first')), id: newId() })
  await eventually(() => expect(next.conversation.record.cursor).toBe(102))
  expect(next.texts).toEqual(['three', 'not ana’s first'])
  expect(next.conversation.record.unread).toBe(2)
})

test('a message under a wrong device, also this one, is one line, and the ratchet of its sender advances', async () => {
  const [first, second, third] = await texts(1, 3)
  ben.receive({ ...first!, from: cleoId.deviceId }, { ...second!, from: benId.deviceId }, third!)
  await rest()
  expect(ben.texts).toEqual(['3'])
  const line = { type: 'system', event: { kind: 'trouble', code: 'wrong_sender' } }
  expect(ben.shown.slice(0, 2)).toMatchObject([line, line])
  expect(ben.shown.slice(0, 2).flatMap(({ from }) => from ?? [])).toEqual([])
  expect(ben.counters).toMatchObject({ wrongSenders: 2, undecryptable: 0 })
  expect(ben.troubles).toMatchObject([{ code: 'wrong_sender' }, { code: 'wrong_sender' }])
  expect(ben.conversation.record.unread).toBe(1)
})

test('a message of a user who was pinned since with another key is not shown under that name', async () => {
  ben.pinned.set(anaId.userId, toBase64Url(createIdentity().accountKey))
  ben.receive(...(await texts(1, 1)))
  await rest()
  expect([ben.texts, ben.counters.wrongSenders]).toEqual([[], 1])
  ben.pinned.set(anaId.userId, toBase64Url(anaId.accountKey))
  ben.receive(...(await texts(2, 1)))
  await rest()
  expect(ben.texts).toEqual(['2'])
})

test('a commit under another device counts as its signer’s', async () => {
  const { roster } = ana.group
  const members = roster.members.map(({ userId }) => ({ userId, role: 'admin' as const }))
  const commit = await ana.commits(1, { roster: { ...roster, members } })
  ben.receive({ ...commit, from: cleoId.deviceId })
  await rest()
  expect(ben.shown).toMatchObject([
    { from: anaId.userId, device: anaId.deviceId, event: { kind: 'promoted' } },
    { event: { kind: 'trouble', code: 'wrong_sender' } },
  ])
  expect(ben.conversation.group?.epoch).toBe(ana.group.epoch)
})

test('a leave under another device counts as its signer’s and is reported', async () => {
  const statement = signLeave(cleoId, momentOf(ana.group.publicGroup))
  ben.receive({ ...ana.at(1, 'leave', statement), from: benId.deviceId })
  await rest()
  expect(ben.shown).toMatchObject([
    { from: cleoId.userId, event: { kind: 'left', users: [cleoId.userId] } },
    { event: { kind: 'trouble', code: 'wrong_sender' } },
  ])
  expect([ben.conversation.record.departed, ben.counters.wrongSenders]).toEqual([[cleoId.userId], 1])
  expect(ben.troubles).toMatchObject([{ code: 'wrong_sender' }])
  ben.receive({ ...ana.at(2, 'leave', statement), from: cleoId.deviceId })
  await rest()
  expect(ben.counters.wrongSenders).toBe(1)
})

test('a commit waits, with all that follows, until its users can be looked up, and then they are pinned with it', async () => {
  const added = createIdentity()
  const { publicBytes } = await createKeyPackage(added, { lastResort: false, now: Date.now() })
  const { roster } = ana.group
  const members = [...roster.members, { userId: added.userId, role: 'member' as const }]
  const next = { ...roster, members }
  const made = await ana.group.commit({ add: [publicBytes], roster: next, trust: () => true })
  ana.group = made.pending
  const entries = [ana.at(1, 'commit', made.commit), await ana.says(2, 'after')]
  const found = new Map()
  let isAway = true
  const asked: unknown[] = []
  ben.lookUp = () => {
    const trust = async (claims: readonly { userId: string }[]) => {
      asked.push(...claims.map(({ userId }) => userId))
      if (isAway) throw new ServerError('busy', 'Busy', {}, 1)
      return true
    }
    return { trust, found } as unknown as ReturnType<Device['lookUp']>
  }
  const kept: unknown[] = []
  const { keep } = ben.context.pins
  Object.assign(ben.context.pins, {
    keep: (...args: Parameters<typeof keep>) => {
      kept.push(...args[0].keys())
      return keep(...args)
    },
  })
  found.set(added.userId, {})
  ben.receive(...entries)
  await eventually(() => expect(fetches()).toMatchObject([{ after: 0 }]))
  expect([ben.shown, kept, ben.conversation.record]).toMatchObject([[], [], { cursor: 0, status: 'active' }])
  isAway = false
  ben.receive(...entries)
  await rest()
  expect([ben.texts, kept]).toEqual([['after'], [added.userId]])
  expect(asked).toContain(added.userId)
})
