/** A server that lies about the devices of an account. */
import type { Trouble } from '@fastchat/client'
import { createAccountKey, createDeviceKeys, signCredential } from '@fastchat/crypto'
import { type ConversationId, type Device, type DeviceId, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { password } from '../support/password.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
})
afterAll(async () => {
  liar?.stop()
  await stack?.stop()
})

let turn = 0
/** Ann sees the server through the liar. She has a chat with Ben. */
let ann: Person
let ben: Person
let chat: ConversationId
beforeEach(async () => {
  turn++
  liar.lie = (answer) => answer
  liar.keepsBack = () => undefined
  ;[ann, ben] = (await Promise.all([
    Person.signUp(liar.url, `ann-${turn}`),
    Person.signUp(stack.url, `ben-${turn}`),
  ])) as [Person, Person]
  await ben.send(ann, 'hello')
  await ann.sees('hello')
  chat = ann.client.conversations()[0]!.conversation
  await ann.client.ownDevices.list()
})

const idOf = (one: Person): DeviceId => one.client.identity.deviceId
const isList = (asked: string) => asked === 'GET /v1/devices'
/** The server changes the list of Ann's devices. */
function listed(change: (devices: Device[]) => Device[]): void {
  liar.lie = ({ status, body }, asked) => {
    if (!isList(asked) || status !== 200) return { status, body }
    return { status, body: { devices: change((body as { devices: Device[] }).devices) } }
  }
}
const codesOf = ({ troubles }: Person) => troubles.map((error) => (error as Trouble).code)
const leavesOf = (one: Person) =>
  one.client
    .conversation(chat)
    .group?.members()
    .map(({ deviceId }) => deviceId)
const offline = (...people: Person[]) => Promise.all(people.map((one) => one.offline()))

test('a device that the server hides is told as soon as it is in a chat', async () => {
  const told: unknown[] = []
  ann.client.on('newDevice', (device) => told.push(device))
  listed((devices) => devices.filter(({ deviceId }) => deviceId === idOf(ann)))
  const laptop = await Person.logIn(stack.url, ann.name)
  await eventually(() => expect(told, ann.report()).toEqual([{ deviceId: idOf(laptop), number: 2 }]))
  expect((await ann.client.ownDevices.unseen()).map(({ deviceId }) => deviceId)).toEqual([idOf(laptop)])
  await offline(ann, ben, laptop)
})

test('a device that the server invents is not listed, enters no chat, and is reported', async () => {
  const { accountPrivate } = createAccountKey()
  const { signaturePublic } = createDeviceKeys()
  const deviceId = '0195f3a0-7c00-7000-8000-0000000000aa' as DeviceId // it has the form of an id
  const sig = signCredential(accountPrivate, { userId: ann.id, deviceId, signatureKey: signaturePublic })
  listed((devices) => [
    ...devices,
    {
      ...{ ...devices[0]!, deviceId, name: 'Firefox on Linux' },
      ...{ signatureKey: toBase64Url(signaturePublic), credentialSig: toBase64Url(sig) },
    },
  ])
  expect((await ann.client.ownDevices.list()).map((one) => one.deviceId)).toEqual([idOf(ann)])
  expect(await ann.client.ownDevices.unseen()).toEqual([])
  expect(codesOf(ann)).toEqual(['unsigned_device'])
  await ann.send(ben, 'to you alone')
  expect(leavesOf(ann)?.toSorted()).toEqual([idOf(ann), idOf(ben)].toSorted())
  await offline(ann, ben)
})

test('false names, kinds and numbers change nothing, and a false last use takes no device out', async () => {
  const laptop = await Person.logIn(stack.url, ann.name)
  await laptop.client.ownDevices.rename(idOf(laptop), 'Laptop')
  const honest = await ann.client.ownDevices.list()
  expect(honest.map(({ number, name }) => [number, name])).toEqual([
    [1, `${ann.name}'s machine`],
    [2, 'Laptop'],
  ])
  listed((devices) =>
    devices
      .map(
        (one): Device => ({ ...one, name: 'Lost', kind: 'phone', session: 'idle', usedAt: '2020-01-01T00:00:00.000Z' }),
      )
      .toReversed(),
  )
  const shown = await ann.client.ownDevices.list()
  const facts = ({ deviceId, number, name, kind }: (typeof shown)[number]) => ({ deviceId, number, name, kind })
  expect(shown.map(facts)).toEqual(honest.map(facts))
  // The word of the server alone: the laptop was there a moment ago.
  await ann.send(ben, 'one')
  await Promise.all([laptop, ben].map((one) => one.sees('one')))
  expect(leavesOf(ben)).toContain(idOf(laptop))
  // Without a sealed name the server's is shown, and marked as such.
  listed((devices) => devices.map(({ label: _, ...one }) => ({ ...one, name: 'Lost' })))
  const [, second] = await ann.client.ownDevices.list()
  expect(second).toMatchObject({ name: 'Lost', saidBy: 'server' })
  await offline(ann, ben, laptop)
})

test('a server that keeps a revocation back cannot keep the device in a chat unseen', async () => {
  const laptop = await Person.logIn(stack.url, ann.name)
  await eventually(() => expect(leavesOf(ann), ann.report()).toContain(idOf(laptop)))
  await eventually(() => expect(laptop.client.conversation(chat).record.status).toBe('active'))
  await laptop.offline()
  liar.keepsBack = (asked) => (asked.startsWith('DELETE /v1/devices/') ? { status: 204, body: null } : undefined)
  await ann.client.ownDevices.revoke(idOf(laptop), password)
  await eventually(() => expect(leavesOf(ben), ben.report()).not.toContain(idOf(laptop)))
  await ben.send(ann, 'without the laptop')
  expect(codesOf(ann)).toEqual([])
  // For the server it is still a device. If it comes back, its owner is told, and Ben sees a line.
  await laptop.online()
  await eventually(() => expect(codesOf(ann), ann.report()).toEqual(['revoked_device_back']))
  expect(laptop.texts()).not.toContain('without the laptop')
  const lines = () => ben.shown.filter(({ event, device }) => event?.kind === 'device' && device === idOf(laptop))
  await eventually(() => expect(lines()).toHaveLength(2))
  await offline(ann, ben, laptop)
})

test('another own device takes a revoked device out of a chat, if the server keeps both back', async () => {
  const laptop = await Person.logIn(stack.url, ann.name)
  const tablet = await Person.logIn(stack.url, ann.name)
  for (const one of [laptop, tablet]) await eventually(() => expect(leavesOf(ann), ann.report()).toContain(idOf(one)))
  await eventually(() => expect(tablet.client.conversation(chat).record.status).toBe('active'))
  // Neither the revocation nor any commit of the device that revokes gets through.
  liar.keepsBack = (asked) => {
    if (asked.startsWith('DELETE /v1/devices/')) return { status: 204, body: null }
    const busy = { error: { code: 'busy', message: 'busy', details: {} } }
    return /^POST .*\/commits/.test(asked) ? { status: 503, body: busy } : undefined
  }
  await ann.client.ownDevices.revoke(idOf(laptop), password)
  await eventually(() => expect(leavesOf(ben), ben.report()).not.toContain(idOf(laptop)))
  await ben.send(tablet, 'without the laptop')
  await tablet.sees('without the laptop')
  expect(laptop.texts()).not.toContain('without the laptop')
  await offline(ann, ben, laptop, tablet)
})

test('the note of a reset by recovery key can be kept back, but neither made up nor repeated', async () => {
  const told: unknown[] = []
  ann.client.on('passwordChanged', (change) => told.push(change))
  liar.lie = ({ status, body }, asked) =>
    asked === 'GET /v1/account/password' ? { status: 200, body: { note: 'AAAA' } } : { status, body }
  await ann.client.account.passwords.look()
  liar.lie = (answer) => answer
  await ann.client.account.changePassword(password, 'another horse, another battery')
  await ann.client.account.passwords.look()
  expect(told).toEqual([])
  await offline(ann, ben)
})
