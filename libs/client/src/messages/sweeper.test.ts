import { systemClock, type WallMs } from '@fastchat/clock'
import type { LogEntry, MessageId, Payload } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { History } from '../history.ts'
import { tables } from '../store/store.ts'
import { eraseLocally } from './erase-locally.ts'
import { Sweeper } from './sweeper.ts'

const [anaId, benId] = [createIdentity(), createIdentity()]
const hourMs = 3_600_000

let ana: Writer
let ben: Device
/** The wall clock of Ben's device. */
let now: number

beforeEach(async () => {
  const [anas, bens] = await createGroup([anaId, benId])
  now = systemClock.wallMs()
  ana = new Writer(anaId, anas!)
  ben = await withClock(new Device(benId)).begin({}, bens)
})

function withClock(device: Device): Device {
  Object.assign(device.context, { clock: { ...systemClock, wallMs: () => now as WallMs } })
  return device
}

const text = (words: string, expires?: number): Payload => ({
  ...{ v: 1, kind: 'text', text: words },
  ...(expires !== undefined && { expires }),
})
const timer = (seconds: number): Payload => ({ v: 1, kind: 'timer', seconds })

async function reads(...entries: readonly LogEntry[]): Promise<void> {
  ben.receive(...entries)
  await eventually(() => expect(ben.conversation.record.cursor).toBe(entries.at(-1)!.seq), { everyMs: 5 })
}

const shown = () => new History(ben.store, ben.context.clock).before(conversation, 100)
const words = async () => (await shown()).flatMap(({ payload }) => (payload?.kind === 'text' ? [payload.text] : []))

async function stored(): Promise<string> {
  const rows = await Promise.all(tables.map((table) => ben.store.list(table)))
  return rows.flatMap((some) => some.map(({ value }) => Buffer.from(value).toString('utf8'))).join('\n')
}

function sweeper(changed: MessageId[] = []): Sweeper {
  const conversations = { all: [ben.conversation] }
  const erase = eraseLocally.bind(undefined, {
    ...{ store: ben.store, conversations },
    changed: (_, id) => changed.push(id),
  })
  return new Sweeper({
    store: ben.store,
    clock: ben.context.clock,
    erase,
    onError: (error) => ben.troubles.push(error),
  })
}

test('messages under a timer are gone after it, with everything said about them', async () => {
  const first = await ana.sends(1, text('plum'))
  const edit = (target: MessageId, words: string): Payload => ({ v: 1, kind: 'edit', target, text: words })
  await reads(first, await ana.sends(2, timer(3600)))
  const second = await ana.sends(3, text('quince'))
  await reads(second, await ana.sends(4, edit(first.id, 'stays')), await ana.sends(5, edit(second.id, 'pear')))
  await reads(await ana.sends(6, { v: 1, kind: 'reaction', target: second.id, emoji: '🔥' }))
  const answer = await ana.sends(7, Object.assign(text('fig'), { replyTo: second.id }))
  await reads(answer)
  expect((await shown()).find(({ id }) => id === second.id)?.expiresAt).toBe(now + hourMs)

  now += hourMs - 1
  const changed: MessageId[] = []
  await sweeper(changed).sweep()
  expect(await words()).toEqual(['stays', 'pear', 'fig'])
  now += 1
  // Also before anything is erased, nothing of it is shown.
  expect(await words()).toEqual(['stays'])
  await sweeper(changed).sweep()
  expect(changed).toEqual([second.id, answer.id])
  expect(await stored()).not.toMatch(/quince|pear|🔥|fig/)
  expect(await ben.store.list('expiring')).toEqual([])
})

test('a device that was off erases expired messages when it is opened', async () => {
  await reads(await ana.sends(1, text('plum', 30)), await ana.sends(2, text('stays')))
  now += 365 * 24 * hourMs
  ben = withClock(await ben.again())
  expect(await sweeper().sweep()).toBeUndefined()
  expect(await stored()).not.toMatch(/plum/)
  expect(await words()).toEqual(['stays'])
})

test('the shorter of two times counts, and a message is not longer here than its sender wants', async () => {
  await reads(await ana.sends(1, timer(60)))
  await reads(await ana.sends(2, text('a', 30)), await ana.sends(3, text('b', 7200)), await ana.sends(4, text('c')))
  await reads(await ana.sends(5, timer(0)), await ana.sends(6, text('d')))
  const lives = (await shown()).flatMap(({ type, expiresAt }) =>
    type === 'message' ? [expiresAt === undefined ? 0 : expiresAt - now] : [],
  )
  expect(lives).toEqual([30_000, 60_000, 60_000, 0])
})

test('own messages carry the time of the chat', async () => {
  await reads(await ana.sends(1, timer(60)))
  await ben.conversation.outbox.queue(ben.context.newId(), { v: 1, kind: 'text', text: 'mine' })
  expect([...ben.conversation.outbox.records.values()][0]?.payload).toMatchObject({ expires: 60 })
})

test('a new device learns the time from messages of admins only', async () => {
  const cleoId = createIdentity()
  const [anas, bens, cleos] = await createGroup([anaId, benId, cleoId])
  ana = new Writer(anaId, anas!)
  ben = await withClock(new Device(benId)).begin({}, bens)
  const cleo = new Writer(cleoId, cleos!)
  await reads(await cleo.sends(1, text('hurry', 30)))
  await ben.conversation.outbox.queue(ben.context.newId(), { v: 1, kind: 'text', text: 'mine' })
  await reads(await ana.sends(2, text('calm', 3600)))
  await ben.conversation.outbox.queue(ben.context.newId(), { v: 1, kind: 'text', text: 'mine' })
  const lives = [...ben.conversation.outbox.records.values()].map(
    ({ payload }) => 'expires' in payload && payload.expires,
  )
  expect(lives).toEqual([false, 3600])
})

test('a running sweeper erases what comes later, and stops', async () => {
  const changed: MessageId[] = []
  const running = sweeper(changed)
  running.wake()
  await reads(await ana.sends(1, text('plum', 30)))
  now += 30_000
  running.wake()
  await eventually(() => expect(changed).toHaveLength(1), { everyMs: 5 })
  await running.stop()
  expect(ben.troubles).toEqual([])
})
