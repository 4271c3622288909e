import { createRest, logIn } from '@fastchat/client'
import { Group, signCredential } from '@fastchat/crypto'
import { authOperations, type ConversationId, chatOperations, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { password, passwordWork } from '../support/password.ts'
import { deviceOf, Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
let ana: Person
let bob: Person
let mallory: Person
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())
beforeEach(async () => {
  turn++
  const [first, second, third] = await Promise.all(
    ['ana', 'bob', 'mallory'].map((name) => Person.signUp(stack.url, `${name}-${turn}`)),
  )
  if (!first || !second || !third) throw new Error('three people')
  ;[ana, bob, mallory] = [first, second, third]
})

/**
 * Returns Mallory's device as one of Bob's: under Bob's user id, signed by Mallory's account key.
 */
async function posing() {
  const { accountPrivate } = await logIn(createRest(stack.url), mallory.name, password, passwordWork)
  const device = { ...deviceOf(mallory), userId: bob.id }
  const signed = { userId: bob.id, deviceId: device.deviceId, signatureKey: device.signaturePublic }
  return { ...device, credentialSig: signCredential(accountPrivate, signed) }
}

/**
 * Mallory makes two groups with one id on an honest server. The commit and GroupInfo, which the
 * server sees, are of a group of Mallory and Ana. The Welcome, which only Ana can open, is of a
 * group of "Bob" and Ana.
 */
async function inviteAsBob(conversation = uuidv7() as ConversationId) {
  const { api } = mallory.client
  await api.call(chatOperations.reserveConversation, { body: { kind: 'group', conversation } })
  const { keyPackages } = await api.call(authOperations.claimKeyPackages, { body: { userId: ana.id } })
  const add = keyPackages.map(({ keyPackage }) => fromBase64Url(keyPackage))
  const make = async (identity: ReturnType<typeof deviceOf>) => {
    const groupNo = 1 as Group['groupNo']
    const alone = await Group.create({ conversation, groupNo, identity, kind: 'group' })
    const members = [
      { userId: identity.userId, role: 'admin' as const },
      { userId: ana.id, role: 'member' as const },
    ]
    const roster = { kind: 'group' as const, members: members.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)) }
    return await alone.commit({ add, roster, trust: () => true })
  }
  const [shown, hidden] = [await make(deviceOf(mallory)), await make(await posing())]
  await api.call(chatOperations.commit, {
    params: { conversation },
    body: {
      id: mallory.client.newId(),
      groupNo: 1 as Group['groupNo'],
      epoch: 0 as Group['epoch'],
      commit: toBase64Url(shown.commit),
      welcome: toBase64Url(hidden.welcome ?? new Uint8Array()),
      groupInfo: toBase64Url(shown.groupInfo),
      initialGroupInfo: toBase64Url(shown.initialGroupInfo ?? new Uint8Array()),
    },
  })
  const text = JSON.stringify({ v: 1, kind: 'text', text: 'it is me, bob' })
  const { envelope } = await hidden.pending.encrypt(new TextEncoder().encode(text))
  await mallory.client.connection.request({
    t: 'send',
    id: mallory.client.newId(),
    conversation,
    groupNo: 1 as Group['groupNo'],
    epoch: 1 as Group['epoch'],
    envelope: toBase64Url(envelope),
  })
  return conversation
}

const toldCodes = () => ana.troubles.flatMap((error) => ('code' in error ? [error.code] : []))

test.each([
  ['whom the victim does not know yet', async () => {}],
  [
    'whom the victim knows',
    async () => {
      await bob.send(ana, 'the real one')
      await ana.sees('the real one')
    },
  ],
])('a Welcome from an impostor of a user %s is refused, and the real user stays reachable', async (_, before) => {
  await before()
  const pinned = ana.client.pins.accountKeyOf(bob.id)
  const conversation = await inviteAsBob()
  await eventually(() => expect(toldCodes()).toContain('key_mismatch'))
  // The group that the server shows has Mallory and Ana. Ana may be in it: nobody there is Bob.
  await eventually(() => expect(ana.client.conversation(conversation).record.status).toBe('active'))
  await ana.settled()
  const { group, record } = ana.client.conversation(conversation)
  expect(new Set(group?.members().map(({ userId }) => userId))).toEqual(new Set([mallory.id, ana.id]))
  expect(record.members.map(({ userId }) => userId)).not.toContain(bob.id)
  const lines = ana.shown.filter((entry) => entry.conversation === conversation)
  expect(lines.filter(({ from }) => from === bob.id)).toMatchObject([
    { type: 'system', event: { kind: 'trouble', code: 'key_mismatch' } },
  ])
  expect(ana.texts(conversation)).toEqual([])
  expect(ana.client.pins.accountKeyOf(bob.id)).toBe(pinned)
  expect(ana.troubles.find(({ name }) => name === 'Trouble')?.message).toContain(bob.name)

  await bob.send(ana, 'from bob himself')
  await ana.sees('from bob himself')
  await ana.send(bob, 'to bob himself')
  await bob.sees('to bob himself')
  const heard = ana.shown.filter(({ type, from }) => type === 'message' && from === bob.id)
  expect(heard.map(({ payload }) => payload?.kind === 'text' && payload.text)).not.toContain('it is me, bob')
})
