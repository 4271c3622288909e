/**
 * Tests of what the devices of one account share: read positions, mutes, pins and drafts, live and
 * after a break, through real services.
 */
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

test('the server sees neither which chats there are nor what is shared about them', async () => {
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
})
