import { createAccountKey, signName } from '@fastchat/crypto'
import { toBase64Url, type User } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingServer, type RestLie } from '../support/lying-server.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
let turn = 0
let ana: Person
let bob: Person
let mallory: Person
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
})
afterAll(async () => {
  liar.stop()
  await stack.stop()
})

/** Ana sees the directory of the liar. */
beforeEach(async () => {
  liar.lie = (answer) => answer
  turn++
  ana = await Person.signUp(liar.url, `ana-${turn}`)
  bob = await Person.signUp(stack.url, `bob-${turn}`)
  mallory = await Person.signUp(stack.url, `mallory-${turn}`)
})

/** Changes the users in every answer that has users. */
const onUsers =
  (change: (user: User) => User | undefined): RestLie =>
  (answer, asked) => {
    if (!asked.includes('/v1/users') && !asked.includes('/v1/key-packages/claim')) return answer
    const body = answer.body as { userId?: string; user?: User; users?: User[] }
    if (body.users) return { ...answer, body: { ...body, users: body.users.flatMap((user) => change(user) ?? []) } }
    if (body.user) return { ...answer, body: { ...body, user: change(body.user) } }
    return body.userId === undefined ? answer : { ...answer, body: change(body as User) }
  }

const codes = (person: Person) => person.troubles.map((error) => ('code' in error ? error.code : error.name))
const userOf = (person: Person): Promise<User> => ana.client.user(person.name)

test('two users with swapped names are not mistaken for each other', async () => {
  const [trueBob, trueMallory] = [await mallory.client.user(bob.name), await bob.client.user(mallory.name)]
  const swapped: Readonly<Record<string, User>> = {
    [bob.id]: { ...trueBob, username: mallory.name },
    [mallory.id]: { ...trueMallory, username: bob.name },
  }
  liar.lie = (answer, asked) => {
    if (asked === `GET /v1/users/${bob.name}`) return { ...answer, body: swapped[mallory.id] }
    return onUsers((user) => swapped[user.userId] ?? user)(answer, asked)
  }
  await expect(userOf(bob)).rejects.toMatchObject({ code: 'name_unverified' })
  const shown = (await ana.client.users(`bob-${turn}`)).concat(await ana.client.users(`mallory-${turn}`))
  for (const { userId, username } of shown) expect(username).toBe(`${userId.slice(0, 8)} (unverified)`)
  expect(codes(ana)).toContain('name_unverified')
  liar.lie = (answer, asked) => (asked === `GET /v1/users/${bob.name}` ? { ...answer, body: trueMallory } : answer)
  await expect(userOf(bob)).rejects.toMatchObject({ code: 'name_unverified' })
  liar.lie = (answer) => answer
  expect((await userOf(bob)).userId).toBe(bob.id)
})

test('another key or name for a known person is shown in the chat with a code, and not accepted', async () => {
  await ana.send(bob, 'before')
  await bob.sees('before')
  const { accountPrivate, accountKey } = createAccountKey()
  const forged = (user: User): User => ({
    ...user,
    accountKey: toBase64Url(accountKey),
    nameSig: toBase64Url(signName(accountPrivate, user)),
  })
  const pinned = ana.client.pins.accountKeyOf(bob.id)
  for (const [code, change] of [
    ['key_changed', forged],
    ['name_changed', (user: User): User => ({ ...user, username: 'robert' })],
  ] as const) {
    liar.lie = onUsers((user) => (user.userId === bob.id ? change(user) : user))
    await ana.client.users(bob.name)
    await ana.client.users(bob.name)
    const lines = () => ana.shown.filter(({ event }) => event?.kind === 'trouble' && event.code === code)
    await eventually(() => expect(lines()).toMatchObject([{ from: bob.id }]))
    expect(codes(ana).filter((one) => one === code)).toHaveLength(1)
    await expect(userOf(bob)).rejects.toMatchObject({ code })
    expect(ana.client.pins.accountKeyOf(bob.id)).toBe(pinned)
    expect(ana.client.pins.nameOf(bob.id)).toBe(bob.name)
  }
  await ana.send(bob, 'after')
  await bob.sees('after')
})

test('a person with several keys in the directory is not added', async () => {
  const { accountKey } = createAccountKey()
  liar.lie = onUsers((user) => (user.userId === bob.id ? { ...user, accountKey: toBase64Url(accountKey) } : user))
  await expect(ana.client.createGroup('Group', [bob.id])).rejects.toMatchObject({ code: 'key_changed' })
})

test('while the directory does not answer, an invitation waits and nothing fails', async () => {
  let refusals = 0
  liar.lie = (answer, asked) => {
    if (asked !== 'POST /v1/users/lookup' || ++refusals > 3) return answer
    return { status: 503, body: { error: { code: 'busy', message: 'Busy', requestId: 'x' } } }
  }
  const group = (await bob.client.createGroup('Group', [ana.id])).id
  await bob.send(group, 'hello')
  await ana.sees('hello')
  expect(refusals).toBeGreaterThan(3)
  expect(ana.client.conversation(group).record.status).toBe('active')
  expect(codes(ana)).not.toContain('key_mismatch')
})

test('a member missing in the directory is shown without a name, and a deleted one is marked', async () => {
  const deleted = mallory.id
  const group = (await bob.client.createGroup('Group', [mallory.id])).id
  await eventually(() => expect(mallory.client.conversation(group).record.status).toBe('active'))
  liar.lie = onUsers((user) =>
    user.userId === bob.id ? undefined : { ...user, ...(user.userId === deleted && { deleted: true as const }) },
  )
  await bob.client.addMembers(group, [ana.id])
  await bob.send(group, 'hello')
  await ana.sees('hello')
  expect(ana.client.pins.accountKeyOf(bob.id)).toBeUndefined()
  expect(ana.client.pins.nameOf(bob.id)).toBe(`${bob.id.slice(0, 8)} (unverified)`)
  expect(ana.client.pins.accountKeyOf(deleted)).toBeUndefined()
  expect(ana.client.pins.nameOf(deleted)).toBe(`${mallory.name} (deleted account)`)
})
