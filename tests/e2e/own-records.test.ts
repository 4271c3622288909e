/**
 * Tests of what the devices of one account share: read positions, mutes, pins and drafts, live and
 * after a break, through real services.
 */
import type { ChangeBatch } from '@fastchat/client'
import type { MessageId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let ann: Person
let laptop: Person
let phone: Person
beforeAll(async () => {
  stack = await Stack.start()
  ;[ann, laptop] = await Promise.all([Person.signUp(stack.url, 'ann'), Person.signUp(stack.url, 'ben')])
  await ann.send(laptop, 'before')
  // A chat that waits as a request counts nothing as unread.
  await laptop.client.people.acceptUser(ann.id)
  phone = await Person.logIn(stack.url, 'ben')
})
afterAll(async () => {
  expect(raisedAlarms).toEqual([])
  await stack?.stop()
})

const patience = { timeoutMs: 30_000, everyMs: 50 }
const chatOf = async (person: Person) => (await person.client.openDirect(ann.id)).id
const unreadOf = async (person: Person) => person.client.conversation(await chatOf(person)).unread

test('what is read on the laptop is read on the phone, and five of ten leave five on both', async () => {
  const chat = await chatOf(laptop)
  await laptop.client.conversation(chat).markRead(laptop.client.conversation(chat).record.cursor)
  await eventually(async () => expect(await unreadOf(phone)).toBe(0), patience)
  const seqs: number[] = []
  for (let n = 0; n < 10; n++) seqs.push(await ann.send(laptop, `text ${n}`))
  for (const person of [laptop, phone]) await eventually(async () => expect(await unreadOf(person)).toBe(10), patience)
  await laptop.client.conversation(chat).markRead(seqs[4]!)
  for (const person of [laptop, phone]) await eventually(async () => expect(await unreadOf(person)).toBe(5), patience)
  expect(phone.client.conversation(chat).firstUnread).toBe(seqs[5])
})

test('a mute, a draft and a pin reach a connected device by the push, and one that was away later', async () => {
  const chat = await chatOf(laptop)
  await laptop.client.own.mute(chat, null)
  await eventually(() => expect(phone.client.own.chat(chat)).toMatchObject({ isMuted: true }), patience)
  await phone.offline()
  await laptop.client.own.mute(chat, undefined)
  await laptop.client.own.setDraft(chat, 'see you at')
  await laptop.client.own.pin(chat)
  await phone.client.own.archive(chat)
  await phone.online()
  for (const { client } of [laptop, phone])
    await eventually(
      () =>
        expect(client.own.chat(chat)).toMatchObject({ isMuted: false, isArchived: true, draft: 'see you at', rank: 0 }),
      patience,
    )
  await ann.send(laptop, 'new')
  await eventually(() => expect(laptop.client.own.chat(chat).isArchived).toBe(false), patience)
})

test('messages that arrive together are few batches of changes, and a waiting one is in them, too', async () => {
  const chat = await chatOf(laptop)
  await laptop.offline()
  const ids = new Set<MessageId>()
  for (let n = 0; n < 30; n++) await ann.send(laptop, `together ${n}`)
  const named = new Set<MessageId>()
  const batches: ChangeBatch[] = []
  const stop = laptop.client.changes.subscribe((batch) => {
    batches.push(batch)
    for (const id of batch.chats.get(chat)?.messages ?? []) named.add(id)
  })
  let events = 0
  for (const type of ['entry', 'conversation', 'changed', 'connection'] as const) laptop.client.on(type, () => events++)
  laptop.client.on('entry', ({ id }) => void (id && ids.add(id)))
  const waiting = laptop.client.newId()
  await laptop.client.conversation(chat).outbox.queue(waiting, { v: 1, kind: 'text', text: 'waits' })
  await eventually(() => expect(named).toContain(waiting), patience)
  expect(batches.some(({ chats }) => chats.get(chat)?.added)).toBe(false)
  await laptop.online()
  await eventually(() => expect(ids.size).toBeGreaterThanOrEqual(31), patience)
  await eventually(() => expect([...ids].filter((id) => !named.has(id))).toEqual([]), patience)
  stop()
  expect(batches.some(({ lists }) => lists.has('connection'))).toBe(true)
  expect(batches.length).toBeLessThan(events / 2)
})

test('a device that signs in later has the same unread count, of messages that only the backup has', async () => {
  const chat = await chatOf(laptop)
  const { client } = laptop
  await client.conversation(chat).markRead(client.conversation(chat).record.cursor)
  const seqs: number[] = []
  for (let n = 0; n < 6; n++) seqs.push(await ann.send(laptop, `unread ${n}`))
  await client.conversation(chat).markRead(seqs[1]!)
  await eventually(async () => expect(await unreadOf(laptop)).toBe(4), patience)
  await client.backup.now()
  const tablet = await Person.logIn(stack.url, 'ben')
  await eventually(async () => expect(await unreadOf(tablet)).toBe(4), patience)
  expect(tablet.client.conversation(chat).firstUnread).toBe(seqs[2])
  await tablet.client.conversation(chat).markRead(seqs[5]!)
  await eventually(async () => expect(await unreadOf(laptop)).toBe(0), patience)
  await tablet.client.stop()
})

test('what a blocked person wrote is neither unread nor found, until the block ends', async () => {
  const chat = await chatOf(laptop)
  const { client } = laptop
  const seq = await ann.send(laptop, 'a pangolin')
  await eventually(async () => expect(await unreadOf(laptop)).toBe(1), patience)
  await client.people.block(ann.id)
  await eventually(async () => expect(await unreadOf(laptop)).toBe(0), patience)
  expect((await client.search('pangolin')).entries).toEqual([])
  await client.people.unblock(ann.id)
  await eventually(async () => expect(await unreadOf(laptop)).toBe(1), patience)
  expect((await client.search('pangolin', { in: chat })).entries.map((entry) => entry.seq)).toEqual([seq])
})

test('own records show the server neither chats nor their settings', async () => {
  const chat = await chatOf(laptop)
  const rows = await stack.sql(`select encode(name, 'hex') as name, body from own_record`, [])
  expect(rows.length).toBeGreaterThan(0)
  const stored = Buffer.concat(rows.map(({ body }) => body as Buffer)) // the type of that column
  for (const secret of [chat, 'see you at', 'muted']) expect(stored.includes(secret)).toBe(false)
})

test('messages are found by their words, and the history around one is shown', async () => {
  const chat = await chatOf(phone)
  const seq = await ann.send(phone, 'The café in Straßburg')
  await eventually(async () => {
    const { entries } = await phone.client.search('strassburg CAFE', { from: ann.id })
    expect(entries.map((entry) => entry.seq)).toEqual([seq])
  }, patience)
  const around = await phone.client.around(chat, seq, 3)
  expect(around.map((entry) => entry.seq)).toContain(seq)
  const { id } = around.find((entry) => entry.seq === seq)!
  expect(await phone.client.around(chat, id!, 3)).toEqual(around)
  expect((await phone.client.history(chat, 1, id!))[0]?.seq).toBeLessThan(seq)
  await expect(phone.client.around(chat, phone.client.newId(), 3)).rejects.toMatchObject({ code: 'unknown_message' })
})
