/**
 * Tests of a new device of an existing account, also with a server that hides the account's state.
 */
import { createRest, logIn, signIn } from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import { createAccountKey, signName } from '@fastchat/crypto'
import { authOperations, type ConversationId, toBase64Url, type User } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { password, passwordWork } from '../support/password.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
let turn = 0
let ana: Person
let ben: Person
let cleo: Person
let group: ConversationId
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
})
afterAll(async () => {
  liar.stop()
  await stack.stop()
})

const patience = { timeoutMs: 60_000, everyMs: 50 }

beforeEach(async () => {
  liar.lie = (answer) => answer
  turn++
  ;[ana, ben, cleo] = await Promise.all([
    Person.signUp(stack.url, `ana-${turn}`),
    Person.signUp(stack.url, `ben-${turn}`),
    Person.signUp(stack.url, `cleo-${turn}`),
  ])
  group = (await ana.client.createGroup('Group', [ben.id, cleo.id])).id
  await ana.send(group, 'before')
  await Promise.all([ben.sees('before'), cleo.sees('before')])
})

const stateOf = async ({ name }: Person) =>
  (
    await stack.sql(
      'select version, encode(body, $2) as body from account_state where user_id = (select id from "user" where username = $1)',
      [name, 'hex'],
    )
  )[0]
const codes = ({ troubles }: Person) => troubles.map((error) => ('code' in error ? error.code : error.name))
const linesOf = ({ shown }: Person) => shown.flatMap(({ event }) => (event ? [event] : []))
const epochOf = (person: Person) => person.client.conversation(group).group?.epoch

test('a new device rejects another key for a person whom another device of its account knows', async () => {
  const bens = ben.client.identity.accountKey
  await ana.offline()
  const { accountPrivate, accountKey } = createAccountKey()
  const forged = (user: User): User =>
    user.userId === ben.id
      ? { ...user, accountKey: toBase64Url(accountKey), nameSig: toBase64Url(signName(accountPrivate, user)) }
      : user
  liar.lie = ({ status, body }, asked) => {
    if (!asked.includes('/v1/users')) return { status, body }
    const { users } = body as { users?: User[] }
    return { status, body: users ? { ...(body as object), users: users.map(forged) } : forged(body as User) }
  }
  const phone = await Person.logIn(liar.url, ana.name)
  expect(phone.client.pins.accountKeyOf(ben.id)).toBe(bens)
  await expect(phone.client.user(ben.name)).rejects.toMatchObject({ code: 'key_changed' })
  await eventually(
    () => expect(phone.client.conversation(group).record.status, phone.report()).toBe('active'),
    patience,
  )
  await phone.send(group, 'to whom I know')
  await ben.sees('to whom I know')
})

test.each([
  ['says that there is no state', () => ({ version: 0 })],
  ['shows altered bytes', ({ version, body }: State) => ({ version, body: `AAAA${body?.slice(4)}` })],
  ['shows an old state as a new one', ({ version, body }: State) => ({ version: version + 1, body })],
])('a new device does not sign in at a server that %s', async (_, lie) => {
  await ana.offline()
  liar.lie = ({ status, body }, asked) =>
    asked.startsWith('GET /v1/account/state') ? { status, body: lie(body as State) } : { status, body }
  const store = memoryStore()
  const entering = async () =>
    await signIn(
      liar.url,
      store,
      await logIn(createRest(liar.url), ana.name, password, passwordWork),
      'another machine',
    )
  await expect(entering()).rejects.toMatchObject({ code: 'wrong_state' })
  expect(await store.get('meta', 'session')).toBeUndefined()
  expect((await store.list('pins')).map(({ key }) => key)).toEqual([ana.id])
  // The same device enters when the server tells the truth.
  liar.lie = (answer) => answer
  await entering()
  expect((await store.list('pins')).map(({ key }) => key)).toContain(ben.id)
})
type State = { readonly version: number; readonly body?: string }

test('a new device does not enter a group from before a removal that another device of its account has seen', async () => {
  const old = toBase64Url((await ana.client.conversation(group).group?.groupInfo()) ?? new Uint8Array())
  const { groupNo } = ana.client.conversation(group).record
  await ana.client.removeMembers(group, [cleo.id])
  await ana.send(group, 'without cleo')
  await ana.offline()
  liar.lie = ({ status, body }, asked) =>
    asked.endsWith(`/${group}/group-info`)
      ? { status, body: { ...(body as object), groupInfo: old, epoch: 1 } }
      : { status, body }
  const phone = await Person.logIn(liar.url, ana.name).catch((error: Error) => error)
  if (phone instanceof Error) throw phone
  await eventually(() => expect(codes(phone), phone.report()).toContain('other_history'), patience)
  // As an admin the phone may have begun the next group by now. It is never in the old one.
  expect([undefined, groupNo + 1]).toContain(phone.client.conversation(group).group?.groupNo)
  expect(linesOf(phone)).toContainEqual({ kind: 'trouble', code: 'other_history' })
  liar.lie = (answer) => answer
  await phone.offline()
  const again = await Person.open(liar.url, ana.name, { store: phone.store })
  await eventually(
    () => expect(again.client.conversation(group).record.status, again.report()).toBe('active'),
    patience,
  )
  await again.send(group, 'in the true one')
  await ben.sees('in the true one')
})

test('a new device follows later changes of a group, and shows them', async () => {
  await ana.client.setRole(group, ben.id, 'admin')
  await eventually(() => expect(epochOf(ben)).toBe(2), patience)
  await ana.offline()
  const before = await stateOf(ana)
  await ben.client.removeMembers(group, [cleo.id])
  await ben.send(group, 'since')
  const phone = await Person.logIn(stack.url, ana.name)
  await eventually(
    () => expect(phone.client.conversation(group).record.status, phone.report()).toBe('active'),
    patience,
  )
  expect(linesOf(phone)).toContainEqual({ kind: 'removed', users: [cleo.id] })
  await phone.offline()
  expect(Number((await stateOf(ana))?.version)).toBeGreaterThan(Number(before?.version))
})

test('a device notices that the server returned to an older state, and stores the newer one again', async () => {
  const old = await stateOf(ana)
  const dan = await Person.signUp(stack.url, `dan-${turn}`)
  await ana.send(dan, 'hello')
  await ana.offline()
  const newer = await stateOf(ana)
  expect(Number(newer?.version)).toBeGreaterThan(Number(old?.version))
  await stack.sql(
    'update account_state set version = $2, body = decode($3, $4) where user_id = (select id from "user" where username = $1)',
    [ana.name, old?.version, old?.body, 'hex'],
  )
  const eve = await Person.signUp(stack.url, `eve-${turn}`)
  const again = await Person.open(stack.url, ana.name, { store: ana.store })
  await again.send(eve, 'hello')
  await eventually(() => expect(codes(again)).toEqual(['account_state_old']), patience)
  await again.offline()
  const phone = await Person.logIn(stack.url, ana.name)
  for (const person of [ben, cleo, dan, eve])
    expect(phone.client.pins.accountKeyOf(person.id)).toBe(person.client.identity.accountKey)
})

test('the server cannot read people or chats in the state, and a device without the password does not get it', async () => {
  await ana.offline()
  const state = await stateOf(ana)
  const bytes = Buffer.from(String(state?.body), 'hex')
  for (const needle of [ben.id, ben.name, group, ben.client.identity.accountKey])
    expect(bytes.includes(needle)).toBe(false)
  expect((bytes.length - 28) % 4096).toBe(0)
  const call = createRest(stack.url).call(authOperations.getAccountState, { token: 'x', query: {} })
  await expect(call).rejects.toMatchObject({ code: 'unauthorized' })
})

test('a new device knows the names of its groups without a message about them', async () => {
  const profileSeqOfAna = ana.client.conversation(group).record.profileSeq
  await Promise.all([ana.offline(), ben.offline(), cleo.offline()])
  const phone = await Person.logIn(stack.url, ana.name)
  await eventually(
    () => expect(phone.client.conversation(group).record.status, phone.report()).toBe('active'),
    patience,
  )
  const { name, profileSeq } = phone.client.conversation(group).record
  expect([name, profileSeq]).toEqual(['Group', profileSeqOfAna])
})

test('a device that is already in a group learns its name from another device of its account', async () => {
  const { store } = ana
  await ana.offline()
  const value = await store.get('conversations', group)
  const { name: _, ...unnamed } = JSON.parse(new TextDecoder().decode(value))
  const forgotten = new TextEncoder().encode(JSON.stringify({ ...unnamed, profileSeq: 0 }))
  await store.write([
    { table: 'conversations', key: group, value: forgotten },
    { table: 'meta', key: 'accountState', value: undefined },
  ])
  const again = await Person.open(stack.url, ana.name, { store })
  await eventually(() => expect(again.client.conversation(group).record.name, again.report()).toBe('Group'), patience)
})
