import { systemClock, type WallMs } from '@fastchat/clock'
import { type ClientFrames, fromBase64Url, type LogEntry, type MessageId, type Payload } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, newId, Writer } from '../../testing/devices.ts'
import { exportHistory } from '../export/export-history.ts'
import { pastTexts } from '../groups/past-messages.ts'
import { History } from '../history.ts'
import { Search } from '../search/search.ts'
import type { Entry } from '../store/records.ts'
import { tables } from '../store/store.ts'
import { eraseLocally } from './erase-locally.ts'

/*
 * Messages that disappear, in everything that reads the history: quotes, the search, an export, and
 * what is shared with new members.
 */

const [anaId, benId] = [createIdentity(), createIdentity()]
let ana: Writer
let ben: Device
/** The wall clock of Ben's device. */
let now: number

beforeEach(async () => {
  const [anas, bens] = await createGroup([anaId, benId])
  now = systemClock.wallMs()
  ana = new Writer(anaId, anas!)
  ben = new Device(benId)
  Object.assign(ben.context, { clock: { ...systemClock, wallMs: () => now as WallMs } })
  await ben.begin({}, bens)
})

const text = (words: string, more: object = {}) => ({ v: 1, kind: 'text', text: words, ...more }) as Payload
const timer = (seconds: number): Payload => ({ v: 1, kind: 'timer', seconds })
const history = () => new History(ben.store, ben.context.clock)
const shown = () => history().before(conversation, 100)

async function reads(...entries: readonly LogEntry[]): Promise<void> {
  ben.receive(...entries)
  await eventually(() => expect(ben.conversation.record.cursor).toBe(entries.at(-1)!.seq), { everyMs: 5 })
}

/** Ana's client is of a former version: it does not know the timer that she has set. */
async function underTimer(): Promise<{ passing: MessageId; answer: MessageId }> {
  const set = await ana.sends(1, timer(60))
  const passing = await ana.sends(2, text('plum'))
  const ended = await ana.sends(3, timer(0))
  const answer = await ana.sends(4, text('stays', { replyTo: passing.id }))
  await reads(set, passing, ended, answer)
  return { passing: passing.id, answer: answer.id }
}

test('an answer quotes a message until its time is over, also before it is erased', async () => {
  const { passing, answer } = await underTimer()
  const quote = async () => (await shown()).find(({ id }) => id === answer)?.annotations?.quote
  expect(await quote()).toMatchObject({ id: passing, text: 'plum', expiresAt: now + 60_000 })
  now += 60_000
  expect(await quote()).toEqual({ id: passing, kind: 'missing' })
})

test('an answer never quotes a message of another chat', async () => {
  const other = newId<MessageId>()
  const place = `${newId()}/000000000001`
  const elsewhere: Entry = {
    type: 'message',
    conversation: newId(),
    seq: 1,
    at: 1,
    id: other,
    payload: text('elsewhere'),
  }
  const put = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
  await ben.store.write([
    { table: 'entries', key: place, value: put(elsewhere) },
    { table: 'messageIds', key: other, value: put(place) },
  ])
  await reads(await ana.sends(1, text('see', { replyTo: other })))
  expect((await shown())[0]?.annotations?.quote).toEqual({ id: other, kind: 'missing' })
})

test('the search finds a message until its time is over', async () => {
  await underTimer()
  const { record } = ben.conversation
  const search = new Search({
    conversations: () => [record],
    before: (id, limit, before) => history().before(id, limit, before),
    entry: (id) => history().entry(id),
    isHidden: () => false,
    isRequest: () => false,
  })
  const found = async () => (await search.search('plum')).entries.length
  expect(await found()).toBe(1)
  now += 60_000
  expect(await found()).toBe(0)
})

test('an export has no message that disappears, no quote and no change of one, and says how many', async () => {
  const { passing } = await underTimer()
  await reads(await ana.sends(5, { v: 1, kind: 'edit', target: passing, text: 'pear' }))
  const written: string[] = []
  const source = {
    chats: async () => [{ conversation, name: 'trip' }],
    after: (id: typeof conversation, seq: number) => history().after(id, seq, 100),
    file: async () => new Uint8Array(),
  }
  const done = await exportHistory(source, {
    chatFolder: async (name) => name,
    writeLines: async (_, lines) => {
      for await (const line of lines) written.push(line)
    },
    hasFile: async () => false,
    writeFile: async () => {},
    safeName: (name) => name,
  })
  expect(done).toMatchObject({ leftOut: 1, lines: written.length })
  expect(written.join('\n')).toMatch(/stays/)
  expect(written.join('\n')).not.toMatch(/plum|pear/)
})

test('a message that disappears by the timer of the chat alone is not shared with new members', async () => {
  await underTimer()
  const shared = await pastTexts(history(), { id: conversation, count: 25, before: 100 })
  expect(shared.map((one) => one.text)).toEqual(['stays'])
})

test('the copy of an own message that is kept for a restore of the server goes with the message', async () => {
  let sent: ClientFrames['send'] | undefined
  ben.answer = async (frame) => {
    if (frame.t === 'send') sent = frame
    return { seq: 1, at: now }
  }
  const id = ben.context.newId()
  await ben.conversation.outbox.queue(id, text('plum'))
  await ben.conversation.outbox.whenStored(id)
  const entry = { ...ana.at(1, 'application', fromBase64Url(sent!.envelope), id), from: benId.deviceId, at: now }
  await reads(entry)
  const stored = async () => {
    const rows = (await Promise.all(tables.map((table) => ben.store.list(table)))).flat()
    return rows.map(({ value }) => Buffer.from(value).toString('utf8')).join('\n')
  }
  expect([(await ben.store.list('sent')).length, await stored()]).toEqual([1, expect.stringContaining('plum')])
  const context = { store: ben.store, conversations: { all: [ben.conversation] }, changed: () => {} }
  await eraseLocally(context, [{ conversation, id }])
  expect([(await ben.store.list('sent')).length, await stored()]).toEqual([0, expect.not.stringContaining('plum')])
})
