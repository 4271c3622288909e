import { randomBytes } from 'node:crypto'
import { blobSource, downloadFile, type Entry, uploadFile } from '@fastchat/client'
import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

/*
 * Changes of messages over real processes: a group of three, with two devices of one user. Cleo is
 * a plain member.
 */

let stack: Stack
let ana: Person
let ben: Person
let bens: Person
let cleo: Person
let group: ConversationId

beforeAll(async () => {
  stack = await Stack.start()
  ana = await Person.signUp(stack.url, 'ana', { pod: stack.pod(0) })
  ben = await Person.signUp(stack.url, 'ben', { pod: stack.pod(1) })
  cleo = await Person.signUp(stack.url, 'cleo', { pod: stack.pod(0) })
  group = (await ana.client.createGroup('trip', [ben.id, cleo.id])).id
  await Promise.all([ben.settled(), cleo.settled()])
  bens = await Person.logIn(stack.url, 'ben', { pod: stack.pod(0) })
  await bens.settled()
})
afterAll(async () => {
  await Promise.all([ana, ben, bens, cleo].map((person) => person?.offline()))
  await stack?.stop()
})
afterEach(() => expect(raisedAlarms).toEqual([]))

/** Sends a text to the group, and waits until all devices have it. */
async function says(person: Person, text: string): Promise<MessageId> {
  const { id } = await person.queue(group, text)
  await Promise.all([ana, ben, bens, cleo].map((one) => eventually(async () => void (await one.client.entry(id)))))
  return id
}

/** Waits until all devices, these or the given ones, show a message so. */
async function allShow(id: MessageId, expected: object, people = [ana, ben, bens, cleo]): Promise<void> {
  for (const { client } of people)
    await eventually(async () => expect(await client.entry(id)).toMatchObject(expected), { timeoutMs: 30_000 })
}

/** Queues a change without the checks of the SDK, as a changed client does. */
async function lies(person: Person, payload: Payload): Promise<void> {
  const id = person.client.newId()
  const { outbox } = person.client.conversation(group)
  await outbox.queue(id, payload)
  await person.within(outbox.whenStored(id), 'storing a lie')
}

const text = (words: string) => ({ payload: { text: words } })

test('all devices of all members show the same edits, reactions and deletions', async () => {
  const [first, second] = [await says(ben, 'at eight'), await says(cleo, 'oops')]
  await bens.client.messages.edit(first, 'at nine')
  await ana.client.messages.react(first, '👍')
  await ben.client.messages.react(first, '👍')
  await cleo.client.messages.react(first, '🎉')
  await ana.client.messages.deleteForEveryone(second)
  await allShow(first, text('at nine'))
  await allShow(second, { annotations: { deleted: { by: ana.id } } })
  for (const { client } of [ana, ben, bens, cleo]) {
    await eventually(async () => {
      const reactions = (await client.entry(first)).annotations?.reactions ?? []
      const found = reactions.map(({ emoji, users }) => [emoji, users.length]).toSorted()
      expect(found).toEqual(
        [
          ['🎉', 1],
          ['👍', 2],
        ].toSorted(),
      )
    })
    expect(await client.messages.versions(first)).toMatchObject([{ text: 'at eight' }, { text: 'at nine' }])
    expect((await client.entry(second)).payload).toBeUndefined()
  }
  await cleo.client.messages.react(first, '🎉', { remove: true })
  await eventually(async () => expect((await ana.client.entry(first)).annotations?.reactions).toHaveLength(1))
  const counts = [ana, ben, cleo].map(({ client }) => client.counters.undecryptable)
  expect(counts).toEqual([0, 0, 0])
})

test('a member who lies changes nothing on any device', async () => {
  const target = await says(ana, 'mine')
  const direct = await ana.queue(ben, 'between us')
  await eventually(async () => void (await ben.client.entry(direct.id)))
  await lies(cleo, { v: 1, kind: 'edit', target, text: 'I resign' })
  await lies(cleo, { v: 1, kind: 'delete', target })
  await lies(cleo, { v: 1, kind: 'pin', target, pinned: true })
  await lies(cleo, { v: 1, kind: 'timer', seconds: 30 })
  await lies(cleo, { v: 1, kind: 'reaction', target, emoji: '👍' })
  await lies(cleo, { v: 1, kind: 'reaction', target, emoji: '👍' })
  await lies(cleo, { v: 1, kind: 'reaction', target, emoji: 'not an emoji' })
  // Ben writes into the group about a message of another chat.
  await lies(ben, { v: 1, kind: 'delete', target: direct.id })
  const after = await says(cleo, 'done')
  await allShow(target, text('mine'))
  for (const { client } of [ana, ben, bens, cleo]) {
    const { annotations } = await client.entry(target)
    expect(annotations).toEqual({ reactions: [{ emoji: '👍', users: [cleo.id] }] })
    expect((await client.entry(after)).expiresAt).toBeUndefined()
    expect(await client.messages.pins(group)).toEqual([])
  }
  await allShow(direct.id, text('between us'), [ana, ben])
  // The SDK itself refuses, with words.
  const { messages } = cleo.client
  await expect(messages.edit(target, 'x')).rejects.toMatchObject({ code: 'not_yours' })
  await expect(messages.deleteForEveryone(target)).rejects.toMatchObject({ code: 'not_yours' })
  await expect(messages.pin(target, true)).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(messages.setTimer(group, 60)).rejects.toMatchObject({ code: 'not_allowed' })
  await expect(messages.react(target, 'ok')).rejects.toMatchObject({ code: 'invalid_emoji' })
})

test('an answer quotes what this device has read, and mentions tell their user', async () => {
  const mentioned: Entry[] = []
  bens.client.on('mentioned', (entry) => mentioned.push(entry))
  const question = await says(ana, 'who comes?')
  const payload = cleo.client.messages.compose(group, { text: '@ben and @nobody', replyTo: question })
  expect(payload).toMatchObject({ mentions: [ben.id], replyTo: question })
  const id = cleo.client.newId()
  await cleo.client.conversation(group).outbox.queue(id, payload)
  const quote = { id: question, kind: 'text', from: ana.id, text: 'who comes?' }
  await allShow(id, { annotations: { quote } })
  await eventually(() => expect(mentioned.map((entry) => entry.id)).toEqual([id]))
})

test('pins are the same for all, and end', async () => {
  const [one, two] = [await says(cleo, 'address'), await says(ben, 'tickets')]
  await ana.client.messages.pin(one, true)
  await ana.client.messages.pin(two, true)
  const pinned = async ({ client }: Person) => (await client.messages.pins(group)).map(({ id }) => id)
  for (const person of [ana, bens, cleo]) await eventually(async () => expect(await pinned(person)).toEqual([two, one]))
  await ana.client.messages.pin(one, false)
  await eventually(async () => expect(await pinned(bens)).toEqual([two]))
  expect(ben.shown.flatMap(({ event }) => event?.kind ?? [])).toContain('unpinned')
})

test('a forwarded picture is another attachment under another key', async () => {
  const bytes = randomBytes(5000)
  const file = await uploadFile(ana.client.api, { bytes, name: 'a.png', mime: 'image/png' })
  const source = ana.client.newId()
  const { outbox } = ana.client.conversation(group)
  await outbox.queue(source, { v: 1, kind: 'image', file, width: 1, height: 1, caption: 'see' }, [file.attachment])
  await eventually(async () => void (await ben.client.entry(source)))
  const { id: to } = await ben.client.openDirect(ana.id)
  const id = ben.client.newId()
  await ben.client.messages.forward(source, to, { id })
  await eventually(async () => void (await ana.client.entry(id)), { timeoutMs: 30_000 })
  const { payload } = await ana.client.entry(id)
  if (payload?.kind !== 'image') throw new Error('no picture came')
  expect(payload).toMatchObject({ forwarded: true, caption: 'see' })
  expect(payload.file.attachment).not.toBe(file.attachment)
  expect(payload.file.key).not.toBe(file.key)
  expect(Buffer.from(await downloadFile(ana.client.api, payload.file)).equals(bytes)).toBe(true)
})

test('a message under a timer says on every device when it is gone, also on one that was off', async () => {
  await ana.client.messages.setTimer(group, 3600)
  await eventually(async () => expect(await cleo.client.messages.timer(group)).toBe(3600))
  await bens.offline()
  const { id } = await cleo.queue(group, 'burn this')
  await eventually(async () => expect((await ana.client.entry(id)).expiresAt).toBeDefined())
  bens = await Person.open(stack.url, 'ben', { store: bens.store, pod: stack.pod(0) })
  for (const { client } of [ana, ben, bens, cleo])
    await eventually(async () => {
      const left = ((await client.entry(id)).expiresAt ?? 0) - Date.now()
      expect(left > 0 && left <= 3_600_000).toBe(true)
    })
  await ana.client.messages.setTimer(group, 0)
  await eventually(async () => expect(await cleo.client.messages.timer(group)).toBe(0))
})

test('a message that is deleted for me goes from all devices of this user, also from one that was off, and from no other', async () => {
  const [id, later] = [await says(cleo, 'not here'), await says(cleo, 'nor this')]
  await ben.client.messages.deleteForMe([id])
  expect(await ben.client.entry(id)).toMatchObject({ type: 'mark' })
  expect((await ben.client.history(group, 100)).map((entry) => entry.id)).not.toContain(id)
  await allShow(id, { type: 'mark' }, [bens])
  await bens.offline()
  await ben.client.messages.deleteForMe([later])
  await ben.offline()
  bens = await Person.open(stack.url, 'ben', { store: bens.store, pod: stack.pod(0) })
  // Once it has settled it shows no message that was hidden meanwhile.
  expect(await bens.client.entry(later)).toMatchObject({ type: 'mark' })
  expect((await bens.client.search('nor this')).entries).toEqual([])
  await allShow(id, text('not here'), [ana, cleo])
  await allShow(later, text('nor this'), [ana, cleo])
  await ben.online()
})

test('a file under a timer disappears, too, and a forwarded one tells its progress and is cancelled', async () => {
  await ana.client.messages.setTimer(group, 3600)
  await eventually(async () => expect(await ben.client.messages.timer(group)).toBe(3600))
  const id = ben.client.newId()
  const bytes = randomBytes(1_500_000)
  await ben.client.files.send(group, blobSource(new Blob([bytes]), 'plan.pdf'), { id })
  for (const { client } of [ana, cleo])
    await eventually(async () => expect(await client.entry(id)).toMatchObject({ payload: { expires: 3600 } }))
  expect((await cleo.client.entry(id)).expiresAt).toBeDefined()
  await ana.client.messages.setTimer(group, 0)

  const { id: to } = await ana.client.openDirect(ben.id)
  const stop = new AbortController()
  const stopped = ana.client.messages.forward(id, to, {
    signal: stop.signal,
    onProgress: ({ stage }) => stage === 'uploading' && stop.abort(),
  })
  await expect(stopped).rejects.toMatchObject({ code: 'cancelled' })
  const seen = new Set<string>()
  const forwarded = ana.client.newId()
  await ana.client.messages.forward(id, to, { id: forwarded, onProgress: ({ stage }) => seen.add(stage) })
  expect([...seen]).toEqual(['downloading', 'encrypting', 'uploading'])
  await eventually(async () =>
    expect(await ben.client.entry(forwarded)).toMatchObject({ payload: { forwarded: true } }),
  )
  // What belonged to the other chat does not come along.
  expect((await ben.client.entry(forwarded)).expiresAt).toBeUndefined()
  expect(await ana.client.files.waiting()).toEqual([])
})
