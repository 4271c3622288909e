import { blobSource, Client, createRest, logIn, type Progress, signIn, signUp } from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import { systemClock, type WallMs } from '@fastchat/clock'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { password, passwordWork } from '../support/password.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())

const bytes = new Uint8Array(Array.from({ length: 2_300_000 }, (_, at) => (at * 31 + (at >> 8)) & 255))
const source = () => blobSource(new Blob([bytes], { type: 'application/pdf' }), '../plan.pdf')
const newId = () => uuidv7() as MessageId // it has the form of a message id

async function whole(pieces: AsyncIterable<Uint8Array>) {
  const all = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

/** Waits until a person has read the message, and returns its file. */
const fileAt = (one: Person, conversation: ConversationId, id: MessageId) =>
  eventually(() => {
    const found = one.shown.find((entry) => entry.conversation === conversation && entry.id === id)
    if (found?.payload?.kind !== 'file') throw new Error(one.report())
    return found.payload
  })

test('a file goes on in the next process after the pods were gone, and arrives as it was', async () => {
  const [ann, ben] = await Promise.all([Person.signUp(stack.url, 'ann'), Person.signUp(stack.url, 'ben')])
  const { id: chat } = await ann.client.openDirect(ben.id)
  await ann.send(ben, 'first')
  await ben.sees('first')
  const id = newId()
  for (const pod of stack.podNames) await stack.kill(pod)
  const isStored = Promise.withResolvers<void>()
  const onProgress = ({ stage }: Progress) => stage === 'uploading' && isStored.resolve()
  const sending = ann.client.files.send(chat, source(), { id, caption: 'the plan', onProgress }).catch(() => {})
  await isStored.promise
  expect(await ann.client.files.waiting()).toMatchObject([{ id, name: 'plan.pdf' }])
  await eventually(() => expect(ann.client.state.state).not.toBe('online'))
  await ann.offline()
  await sending
  for (const pod of stack.podNames) await stack.bringUp(pod)
  const again = await Person.open(stack.url, 'ann', { store: ann.store })
  const { file, caption } = await fileAt(ben, chat, id)
  expect([file.name, file.mime, file.size, caption]).toEqual(['plan.pdf', 'application/pdf', bytes.length, 'the plan'])
  const seen: number[] = []
  const { read, discard } = await ben.client.files.download(file, { onProgress: ({ done }) => seen.push(done) })
  expect((await whole(read())).equals(bytes)).toBe(true)
  expect(seen.at(-1)).toBeGreaterThan(bytes.length)
  await discard()
  expect(await again.client.files.waiting()).toEqual([])
  await Promise.all([again, ben].map((one) => one.offline()))
})

test('devices see each other’s names and sign-ins, also when they were off', async () => {
  const ida = await Person.signUp(stack.url, 'ida')
  await ida.offline()
  const phone = await Person.logIn(stack.url, 'ida')
  await phone.client.ownDevices.rename(phone.client.identity.deviceId, 'Phone')
  const back = await Person.open(stack.url, 'ida', { store: ida.store })
  await eventually(async () => expect(await back.client.ownDevices.unseen()).toHaveLength(1))
  expect(await back.client.ownDevices.list()).toMatchObject([
    { number: 1, isThis: true, saidBy: 'account', session: 'open', isNew: false },
    { number: 2, isThis: false, name: 'Phone', saidBy: 'account', session: 'open', isNew: true },
  ])
  // The operator's database shows another name; the devices do not believe it.
  await stack.sql(`update device set name = 'Lost' where pub_id = $1`, [phone.client.identity.deviceId])
  expect((await back.client.ownDevices.list())[1]).toMatchObject({ name: 'Phone' })
  await back.client.ownDevices.looked([phone.client.identity.deviceId])
  const told: unknown[] = []
  back.client.on('newDevice', (device) => told.push(device))
  const tablet = await Person.logIn(stack.url, 'ida')
  // The server tells a connected device at once, so it looks.
  await eventually(() => expect(told).toMatchObject([{ number: 3, deviceId: tablet.client.identity.deviceId }]))
  await Promise.all([back, phone, tablet].map((one) => one.offline()))
})

test('a device that nobody used for 45 days is signed out, and signs in again with its history', async () => {
  const store = memoryStore()
  const enrolled = await signUp(createRest(stack.url), 'olga', password, undefined, passwordWork)
  await signIn(stack.url, store, enrolled, 'Old laptop', undefined, 'terminal')
  const olga = await Person.open(stack.url, 'olga', { store })
  const pia = await Person.signUp(stack.url, 'pia')
  await pia.send(olga, 'before the holiday')
  await olga.sees('before the holiday')
  await olga.offline()
  await stack.sql(
    `update refresh_token set rotated_at = rotated_at - interval '46 days', expires_at = now() - interval '1 day'
     where device_id = (select id from device where pub_id = $1)`,
    [olga.client.identity.deviceId],
  )
  const gone = await Client.open(stack.url, store)
  gone.start()
  await eventually(() => {
    const { state } = gone
    expect(state.state === 'ended' && state.error).toMatchObject({
      code: 'session_idle',
      message: expect.stringContaining('not used for 45 days'),
    })
  })
  await gone.stop()
  await signIn(stack.url, store, await logIn(createRest(stack.url), 'olga', password, passwordWork), 'ignored')
  const back = await Person.open(stack.url, 'olga', { store })
  expect(back.client.identity.deviceId).toBe(olga.client.identity.deviceId)
  const [chat] = back.client.conversations()
  expect(await back.client.history(chat!.conversation, 10)).toMatchObject([
    expect.anything(),
    { payload: { kind: 'text', text: 'before the holiday' } },
  ])
  await pia.send(back, 'welcome back')
  await back.sees('welcome back')
  await Promise.all([back, pia].map((one) => one.offline()))
})

test('a device that nobody used leaves the chats after 45 days, and comes back with a login', async () => {
  const quinn = await Person.signUp(stack.url, 'quinn')
  const [phone, rosa] = [await Person.logIn(stack.url, 'quinn'), await Person.signUp(stack.url, 'rosa')]
  const group = (await rosa.client.createGroup('Trip', [quinn.id])).id
  await rosa.send(group, 'before')
  await Promise.all([quinn, phone].map((one) => one.sees('before')))
  const { deviceId } = phone.client.identity
  const leaves = () =>
    rosa.client
      .conversation(group)
      .group?.members()
      .map((one) => one.deviceId)
  await quinn.client.ownDevices.list()
  await Promise.all([phone, quinn].map((one) => one.offline()))
  await stack.sql(
    `update refresh_token set rotated_at = rotated_at - interval '46 days', expires_at = now() - interval '1 day'
     where device_id = (select id from device where pub_id = $1)`,
    [deviceId],
  )
  // By the server's word alone the phone stays.
  const now = await Person.open(stack.url, 'quinn', { store: quinn.store })
  expect(await now.client.ownDevices.list()).toMatchObject([{ session: 'open' }, { session: 'idle' }])
  await now.send(group, 'the phone is still here')
  expect(leaves()).toContain(deviceId)
  await now.offline()

  const later = { ...systemClock, wallMs: () => (systemClock.wallMs() + 46 * 24 * 3_600_000) as WallMs }
  const client = await Client.open(stack.url, quinn.store, { clock: later })
  const ended: unknown[] = []
  client.on('deviceEnded', (device) => ended.push(device))
  client.start()
  await eventually(() => expect(ended).toMatchObject([{ deviceId, number: 2 }]))
  await eventually(() => expect(leaves(), rosa.report()).not.toContain(deviceId))
  expect(await client.idleDevices.unseen()).toMatchObject([{ deviceId }])
  await client.stop()
  await rosa.send(group, 'without the phone')
  expect(rosa.troubles).toEqual([])

  await signIn(stack.url, phone.store, await logIn(createRest(stack.url), 'quinn', password, passwordWork), 'ignored')
  const back = await Person.open(stack.url, 'quinn', { store: phone.store })
  expect(back.client.identity.deviceId).toBe(deviceId)
  await eventually(() => expect(leaves(), rosa.report()).toContain(deviceId))
  await rosa.send(group, 'welcome back')
  await back.sees('welcome back')
  expect(back.client.counters.undecryptable).toBe(0)
  await Promise.all([back, rosa].map((one) => one.offline()))
})
