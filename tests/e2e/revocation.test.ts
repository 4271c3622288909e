import { createRest, logIn, signIn, type Trouble } from '@fastchat/client'
import { Group, signRevocation } from '@fastchat/crypto'
import { authOperations, type ConversationId, chatOperations, type DeviceId, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { password, passwordWork } from '../support/password.ts'
import { deviceOf, Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
let ana: Person
let laptop: Person
let ben: Person
let cleo: Person
let group: ConversationId
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())

/** Ana has a phone and a laptop. Both are in a group with Ben and Cleo. */
beforeEach(async () => {
  turn++
  const names = ['ana', 'ben', 'cleo'].map((name) => `${name}-${turn}`)
  const people = await Promise.all(names.map((name, n) => Person.signUp(stack.url, name, { pod: stack.pod(n % 2) })))
  ;[ana, ben, cleo] = people as [Person, Person, Person]
  group = (await ana.client.createGroup('Group', [ben.id, cleo.id])).id
  laptop = await Person.logIn(stack.url, ana.name, { pod: stack.pod(1) })
  await isIn(laptop)
  await ben.send(group, 'before')
  await Promise.all([ana, laptop, cleo].map((one) => one.sees('before')))
})

const others = () => [ana, ben, cleo]
const idOf = (one: Person): DeviceId => one.client.identity.deviceId
const record = (one: Person, id = group) => one.client.conversation(id).record
const isIn = (one: Person) => eventually(() => expect(record(one).status, one.report()).toBe('active'))
const devicesSeenBy = (one: Person, id = group) =>
  one.client
    .conversation(id)
    .group?.members()
    .map(({ deviceId }) => deviceId)
    .toSorted()
const eventsOf = (one: Person, kind: string) => one.shown.filter(({ event }) => event?.kind === kind)
const revoke = (by: Person, device: DeviceId) => by.within(by.client.revokeDevice(device, password), 'revoking')
const isEnded = (one: Person) =>
  eventually(() => {
    const { state } = one.client
    expect(state.state === 'ended' && state.error, one.report()).toMatchObject({ code: 'device_revoked' })
  })
const nothingWrong = (...people: Person[]) => {
  for (const one of people) {
    expect(one.client.counters.undecryptable, one.report()).toBe(0)
    expect(one.troubles.map(({ message }) => message)).toEqual([])
  }
}

test('after a stolen laptop is revoked, the group goes on without it, and it reads no later message', async () => {
  const direct = (await ben.client.openDirect(ana.id)).id
  await ben.send(ana, 'to you alone')
  await Promise.all([ana.sees('to you alone'), laptop.sees('to you alone')])
  const stolen = (await laptop.store.get('groups', group)) as Uint8Array
  const thief = Group.decode(stolen, deviceOf(laptop))

  await revoke(ana, idOf(laptop))
  const line = { from: ana.id, device: idOf(laptop), event: { kind: 'revoked', users: [ana.id] } }
  for (const one of others())
    await eventually(() => expect(eventsOf(one, 'revoked')[0], one.report()).toMatchObject(line))
  await isEnded(laptop)
  await eventually(() => expect(record(laptop).status, laptop.report()).toBe('removed'))
  expect(eventsOf(laptop, 'revoked').find(({ conversation }) => conversation === group)).toMatchObject(line)
  expect(laptop.client.conversation(group).group).toBeUndefined()
  expect(await laptop.store.get('groups', group)).toBeUndefined()

  // The first sender removes it: a member of the group, and the other person in a direct chat.
  await ben.send(group, 'after')
  await ben.send(ana, 'to you alone, after')
  await Promise.all([ana.sees('after', 'to you alone, after'), cleo.sees('after')])
  const left = others().map(idOf).toSorted()
  for (const one of others()) {
    await eventually(() => expect(devicesSeenBy(one), one.report()).toEqual(left))
    expect(record(one)).toMatchObject({ status: 'active', revoked: [], revokedOut: [idOf(laptop)] })
    expect(record(one).members).toHaveLength(3)
    expect(eventsOf(one, 'revoked').filter(({ conversation }) => conversation === group)).toHaveLength(1)
  }
  expect(devicesSeenBy(ana, direct)).toEqual([idOf(ana), idOf(ben)].toSorted())
  nothingWrong(...others(), laptop)

  // All entries that the server got since, tried with all keys that the laptop had.
  const rows = await stack.sql(
    `select message.kind, envelope from message join conversation c on c.id = conversation_id
     where c.pub_id = $1 and seq > (select min(seq) from message m where m.conversation_id = c.id and m.kind = 3)
     order by seq`,
    [group],
  )
  expect(rows.map(({ kind }) => kind)).toEqual([1, 0])
  const checks = { trust: () => true, departed: [], revoked: [idOf(laptop)] }
  const removed = await thief.process(new Uint8Array(rows[0]?.envelope as Buffer), checks)
  expect(removed.group.isMember).toBe(false)
  const after = new Uint8Array(rows[1]?.envelope as Buffer)
  for (const state of [thief, removed.group])
    await expect(state.process(after, checks)).rejects.toMatchObject({ name: 'CannotProcess' })
})

test('a revoked laptop does not come back with the password; another home does', async () => {
  await revoke(ana, idOf(laptop))
  await isEnded(laptop)
  await laptop.offline()
  const enrolled = await logIn(createRest(stack.url), ana.name, password, passwordWork)
  await expect(signIn(stack.url, laptop.store, enrolled, 'laptop')).rejects.toMatchObject({ code: 'device_revoked' })
  expect((await ana.client.devices()).map(({ deviceId }) => deviceId)).toEqual([idOf(ana)])

  const tablet = await Person.logIn(stack.url, ana.name, { pod: stack.pod(0) })
  await isIn(tablet)
  await tablet.send(group, 'from the tablet')
  await Promise.all(others().map((one) => one.sees('from the tablet')))
  expect(devicesSeenBy(tablet)).toEqual([...others(), tablet].map(idOf).toSorted())
  nothingWrong(...others(), tablet)
})

test('a member who is offline during a revocation follows it later', async () => {
  await cleo.offline()
  await revoke(ana, idOf(laptop))
  await ben.send(group, 'while cleo is away')
  await ana.sees('while cleo is away')
  await cleo.online()
  await cleo.sees('while cleo is away')
  await cleo.send(group, 'cleo is back')
  await Promise.all([ana.sees('cleo is back'), ben.sees('cleo is back')])
  expect(eventsOf(cleo, 'revoked')).toHaveLength(1)
  expect(devicesSeenBy(cleo)).toEqual(others().map(idOf).toSorted())
  nothingWrong(...others())
})

test('a wrong password revokes nothing', async () => {
  await expect(ana.client.revokeDevice(idOf(laptop), 'not the password')).rejects.toMatchObject({
    code: 'wrong_credentials',
  })
  await expect(ana.client.revokeDevice(idOf(ben), password)).rejects.toMatchObject({ code: 'not_found' })
  await laptop.send(group, 'still here')
  await Promise.all(others().map((one) => one.sees('still here')))
})

/**
 * The server claims that the laptop is revoked, in its answers and with this statement in the log.
 * It answers sends with `commit_first`.
 */
async function saysIsRevoked(statement: Uint8Array | undefined): Promise<void> {
  await stack.sql('update device set revoked_at = now(), revocation = $2 where pub_id = $1', [
    idOf(laptop),
    statement ?? null,
  ])
  await stack.sql(
    `with grown as (
       update conversation set pending_ver = pending_ver + 1, last_seq = last_seq + $2::int where pub_id = $1
       returning id, last_seq
     ), stored as (
       insert into message (conversation_id, seq, sender_device, client_id, kind, envelope)
       select grown.id, grown.last_seq, device.id, $3, 3, $4 from grown, device where device.pub_id = $5 and $2::int = 1
     )
     insert into append_feed (convs, heads) select array[id], array[last_seq] from grown`,
    [group, statement ? 1 : 0, uuidv7(), statement ?? Buffer.alloc(0), idOf(ana)],
  )
}

async function saysNothingMore(): Promise<void> {
  await stack.sql('update device set revoked_at = null, revocation = null where pub_id = $1', [idOf(laptop)])
  await stack.sql('update conversation set pending_ver = 0 where pub_id = $1', [group])
}

const alarms = (one: Person, code: string) => one.troubles.filter((error) => (error as Trouble).code === code)
const privateOf = async ({ name }: Person) =>
  (await logIn(createRest(stack.url), name, password, passwordWork)).accountPrivate

test.each<[string, string, () => Promise<Uint8Array | undefined>]>([
  ['without a statement', 'unproven_departure', async () => undefined],
  [
    'by a statement of another account',
    'unproven_revocation',
    async () => signRevocation(await privateOf(ben), { userId: ana.id, deviceId: idOf(laptop) }),
  ],
  [
    'by a statement of another account about itself',
    'unproven_revocation',
    async () => signRevocation(await privateOf(ben), { userId: ben.id, deviceId: idOf(laptop) }),
  ],
  [
    'by a statement about another device',
    'unproven_revocation',
    async () => {
      const tablet = uuidv7() as DeviceId
      return signRevocation(await privateOf(ana), { userId: ana.id, deviceId: tablet })
    },
  ],
  [
    'by a statement with a broken signature',
    'unproven_revocation',
    async () => {
      const other = signRevocation(new Uint8Array(32).fill(7), { userId: ana.id, deviceId: idOf(laptop) })
      const text = new TextDecoder().decode(other)
      const { accountKey } = JSON.parse(text) as { accountKey: string }
      return new TextEncoder().encode(text.replace(accountKey, ana.client.identity.accountKey))
    },
  ],
])('a device that the server calls revoked %s stays, and people are told', async (_, code, statement) => {
  await laptop.offline()
  await saysIsRevoked(await statement())
  const { id } = await ben.queue(group, 'to all devices')
  await eventually(() => expect(alarms(ben, code).length, ben.report()).toBeGreaterThan(0))
  expect(eventsOf(ben, 'trouble')[0]?.event).toMatchObject({ code })
  // The server refuses a change of the group in the same way, and nobody is removed.
  const promoted = ana.client.setRole(group, ben.id, 'admin')
  await eventually(() => expect(alarms(ana, code).length, ana.report()).toBeGreaterThan(0))
  expect(ben.client.conversation(group).outbox.records.has(id)).toBe(true)
  for (const one of others()) expect(devicesSeenBy(one)).toContain(idOf(laptop))
  await saysNothingMore()
  await Promise.all([ana.sees('to all devices'), cleo.sees('to all devices'), promoted])
  await laptop.online()
  await laptop.sees('to all devices')
  for (const one of [...others(), laptop]) {
    expect(eventsOf(one, 'revoked')).toEqual([])
    expect(devicesSeenBy(one)).toContain(idOf(laptop))
    expect(one.client.counters.undecryptable).toBe(0)
  }
})

test('every conversation of a revoked device gets the revocation once', async () => {
  const second = (await cleo.client.createGroup('Second', [ana.id])).id
  await eventually(() => expect(devicesSeenBy(cleo, second)).toContain(idOf(laptop)))
  // Without Ana's client, which would take the laptop out of the groups at once.
  const { accountPrivate } = await logIn(createRest(stack.url), ana.name, password, passwordWork)
  const deviceId = idOf(laptop)
  const statement = toBase64Url(signRevocation(accountPrivate, { userId: ana.id, deviceId }))
  for (const _ of [1, 2])
    await ana.client.api.call(authOperations.revokeDevice, { params: { deviceId }, query: { statement } })
  const rows = await stack.sql(
    `select c.pub_id as id from message join conversation c on c.id = conversation_id
     where message.kind = 3 and c.pub_id = any ($1) order by c.id`,
    [[group, second]],
  )
  expect(rows.map(({ id }) => id)).toEqual([group, second])
  const { revocations } = await cleo.client.api.call(chatOperations.getConversation, {
    params: { conversation: second },
  })
  expect(revocations).toHaveLength(1)
  await cleo.send(second, 'in the second')
  await ana.sees('in the second')
  expect(devicesSeenBy(cleo, second)).toEqual([idOf(ana), idOf(cleo)].toSorted())
  const claimed = await cleo.client.api.call(authOperations.claimKeyPackages, { body: { userId: ana.id } })
  expect(claimed.keyPackages.map(({ deviceId }) => deviceId)).toEqual([idOf(ana)])
})
