/** Tests of requests, blocks and verified people, over two devices and with a lying directory. */
import { createAccountKey, signName } from '@fastchat/crypto'
import { type ConversationId, chatOperations, toBase64Url, type User } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
let turn = 0
let ana: Person
let ben: Person
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
  ben = await Person.signUp(stack.url, `ben-${turn}`)
})

const waiting = ({ client }: Person) => client.people.requests().map(({ conversation }) => conversation)
const statusOf = ({ client }: Person, id: (typeof ana.shown)[number]['conversation']) =>
  client.conversations().find(({ conversation }) => conversation === id)?.status
const codes = (person: Person) => person.troubles.map((error) => ('code' in error ? error.code : error.name))

test('a stranger’s chat waits until it is accepted or answered, also on another device', async () => {
  const cleo = await Person.signUp(stack.url, `cleo-${turn}`)
  const { conversation } = await ana.queue(ben, 'hello')
  await ben.sees('hello')
  expect(waiting(ben)).toEqual([conversation])
  expect([ben, ana].map(({ client }) => client.people.isRequest(conversation))).toEqual([true, false])
  const phone = await Person.logIn(stack.url, ben.name)
  await eventually(() => expect(waiting(phone)).toEqual([conversation]))
  await ben.client.people.accept(conversation)
  expect(waiting(ben)).toEqual([])
  await eventually(() => expect(waiting(phone)).toEqual([]))
  // A second stranger is answered on the phone: that accepts the chat on the other device, too.
  const second = await cleo.queue(ben, 'I am new')
  await eventually(() => expect(waiting(ben)).toEqual([second.conversation]))
  await eventually(() => expect(statusOf(phone, second.conversation)).toBe('active'))
  await phone.send(second.conversation, 'here I am')
  await ben.sees('here I am')
  expect(waiting(ben)).toEqual([])
  // Ana is known now, and so her group does not wait.
  const group = (await ana.client.createGroup('Trip', [ben.id])).id
  await eventually(() => expect(statusOf(phone, group)).toBe('active'))
  expect(phone.client.people.isRequest(group)).toBe(false)
})

test('a group of a stranger waits, and a person who leaves it is asked again when added again', async () => {
  const group = (await ana.client.createGroup('Spam', [ben.id])).id
  await ana.send(group, 'buy')
  await ben.sees('buy')
  expect(waiting(ben)).toEqual([group])
  await ben.client.conversation(group).leave(ben.client.newId())
  expect(waiting(ben)).toEqual([])
  await ana.client.addMembers(group, [ben.id])
  await eventually(() => expect(statusOf(ben, group)).toBe('active'))
  expect(waiting(ben)).toEqual([group])
})

test('a blocked person is not told of the block, and their messages are neither counted nor shown later', async () => {
  const seq = await ana.send(ben, 'before')
  await ben.sees('before')
  const { conversation } = ben.client.conversations()[0] ?? expect.unreachable('no chat')
  await ben.client.people.acceptUser(ana.id)
  await ben.client.conversation(conversation).markRead(seq)
  const away = await Person.logIn(stack.url, ben.name)
  await away.offline()
  await ben.client.people.block(ana.id)
  const { lastAt } = ben.client.conversation(conversation).record
  const unseen = await ana.send(ben, 'unseen')
  await eventually(() => expect(ben.client.conversation(conversation).record.cursor).toBe(unseen))
  expect(ben.client.conversation(conversation).record).toMatchObject({ unread: 0, lastAt })
  expect(ben.client.conversations()[0]?.conversation).toBe(conversation)
  expect(ben.client.people.isQuiet(conversation)).toBe(true)
  await expect(ben.queue(conversation, 'no')).rejects.toMatchObject({ code: 'user_blocked' })
  await expect(ben.client.createGroup('Us', [ana.id])).rejects.toMatchObject({ code: 'user_blocked' })
  // An invitation of a blocked person stays unaccepted, and is not shown.
  const group = (await ana.client.createGroup('Ours', [ben.id])).id
  await eventually(() => expect(statusOf(ben, group)).toBe('active'))
  expect([waiting(ben), ben.client.people.isRequest(group)]).toEqual([[], true])
  await ben.client.people.unblock(ana.id)
  await ben.send(conversation, 'again')
  await ana.send(conversation, 'welcome back')
  await Promise.all([ana.sees('again'), ben.sees('welcome back')])
  expect(await textsOf(ben, conversation)).toEqual(['before', 'again', 'welcome back'])
  // A device that was away during the block shows the message of that time neither.
  const phone = await Person.open(stack.url, ben.name, { store: away.store })
  await phone.sees('welcome back')
  await meetsSomebody(phone)
  await eventually(async () => expect(await textsOf(phone, conversation)).toEqual(['before', 'again', 'welcome back']))
  await eventually(() => expect(phone.client.conversation(conversation).record.unread).toBe(1))
})

/** Returns the texts that an application shows of a chat, by the history of the device. */
async function textsOf({ client }: Person, id: ConversationId): Promise<string[]> {
  const shown = (await client.history(id, 100)).filter((entry) => client.people.viewOf(entry) === 'shown')
  return shown.flatMap(({ payload }) => (payload?.kind === 'text' ? [payload.text] : []))
}

test('a chat that waits counts nothing, and counts exactly once it is accepted', async () => {
  const { conversation } = await ana.queue(ben, 'one')
  await ana.send(conversation, 'two')
  await ben.sees('two')
  expect(ben.client.conversation(conversation).record.unread).toBe(0)
  await ben.client.people.accept(conversation)
  expect(ben.client.conversation(conversation).record.unread).toBe(2)
  const cleo = await Person.signUp(stack.url, `cleo-${turn}`)
  const second = await cleo.send(ben, 'three')
  await ben.sees('three')
  const waiting = ben.client.people.requests()[0] ?? expect.unreachable('no request')
  expect([waiting.unread, waiting.cursor]).toEqual([0, second])
  await ben.client.people.acceptUser(cleo.id)
  await eventually(() => expect(ben.client.conversation(waiting.conversation).record.unread).toBe(1))
})

test('a direct chat is removed for oneself, from all devices, until somebody writes again', async () => {
  await ana.send(ben, 'old')
  await ben.sees('old')
  const { conversation } = ben.client.conversations()[0] ?? expect.unreachable('no chat')
  await ben.send(conversation, 'answer')
  const phone = await Person.logIn(stack.url, ben.name)
  await eventually(() => expect(statusOf(phone, conversation)).toBe('active'))
  await ana.send(conversation, 'both have this')
  await Promise.all([ben.sees('both have this'), phone.sees('both have this')])
  // It is only hidden as long as it can be taken back.
  await ben.client.people.forget(conversation, { undo: 60_000 })
  expect(ben.client.conversations()).toEqual([])
  expect(await ben.client.people.undoForget()).toBe(conversation)
  expect(await ben.client.people.undoForget()).toBeUndefined()
  expect(await textsOf(ben, conversation)).toEqual(['old', 'answer', 'both have this'])
  await ben.client.people.forget(conversation)
  expect(ben.client.conversations()).toEqual([])
  await eventually(async () => expect(await textsOf(ben, conversation)).toEqual([]))
  await eventually(() => expect(phone.client.conversations()).toEqual([]))
  await eventually(async () => expect(await textsOf(phone, conversation)).toEqual([]))
  // Ana is not told, and a new message shows the chat with nothing of its past.
  await ana.send(conversation, 'new')
  for (const one of [ben, phone]) {
    await one.sees('new')
    expect(one.client.conversations().map((chat) => chat.conversation)).toEqual([conversation])
    expect(await textsOf(one, conversation)).toEqual(['new'])
    expect([one.client.people.isRequest(conversation), one.client.conversation(conversation).record.unread]).toEqual([
      false,
      1,
    ])
  }
  expect(await textsOf(ana, conversation)).toEqual(['old', 'answer', 'both have this', 'new'])
  expect(ben.client.counters.alarms + phone.client.counters.alarms).toBe(0)
  // A removal that could still be taken back is made when the application ends.
  await ben.client.people.forget(conversation, { undo: 60_000 })
  await ben.offline()
  const again = await Person.open(stack.url, ben.name, { store: ben.store })
  expect(again.client.conversations()).toEqual([])
  expect(await textsOf(again, conversation)).toEqual([])
})

/** Lets a device pin somebody new, so that it exchanges the account state soon. */
async function meetsSomebody({ client }: Person): Promise<void> {
  await Person.signUp(stack.url, `zoe-${turn}`)
  await client.user(`zoe-${turn}`)
}

/** Makes the directory show another account key for a person, which has signed the name. */
function changeKeyOf(person: Person): void {
  const { accountPrivate, accountKey } = createAccountKey()
  const forged = (user: User): User =>
    user.userId === person.id
      ? { ...user, accountKey: toBase64Url(accountKey), nameSig: toBase64Url(signName(accountPrivate, user)) }
      : user
  liar.lie = (answer, asked) => {
    if (!asked.includes('/v1/users')) return answer
    const { users } = answer.body as { users?: User[] }
    return {
      ...answer,
      body: users ? { ...(answer.body as object), users: users.map(forged) } : forged(answer.body as User),
    }
  }
}

test('both sides have the same safety number, and a mark is on all devices of the account', async () => {
  await Promise.all([ana.client.user(ben.name), ben.client.user(ana.name)])
  const number = ana.client.people.safetyNumber(ben.id)
  expect(ben.client.people.safetyNumber(ana.id)).toBe(number)
  await expect(
    ana.client.people.compare(
      ben.id,
      number.replace(/\d$/, (d) => `${9 - Number(d)}`),
    ),
  ).rejects.toMatchObject({
    code: 'numbers_differ',
  })
  expect(ana.client.people.isVerified(ben.id)).toBe(false)
  await ana.client.people.compare(ben.id, number.replaceAll(' ', ''))
  await ana.offline()
  const phone = await Person.logIn(liar.url, ana.name)
  expect(phone.client.people.isVerified(ben.id)).toBe(true)
})

test('another key stops messages to a verified person only, until the person decides', async () => {
  await ana.send(ben, 'before')
  changeKeyOf(ben)
  await ana.client.users(ben.name)
  await ana.send(ben, 'not verified, so only told')
  expect(codes(ana)).toContain('key_changed')
  await ana.client.people.verify(ben.id)
  await ana.send(ben, 'compared again')
  changeKeyOf(ben)
  await ana.client.users(ben.name)
  const { people } = ana.client
  const { conversation } = ana.client.conversations()[0] ?? expect.unreachable('no chat')
  await expect(ana.queue(conversation, 'no')).rejects.toMatchObject({ code: 'verified_key_changed' })
  await expect(ana.client.createGroup('Us', [ben.id])).rejects.toMatchObject({ code: 'verified_key_changed' })
  const change = people.keyChange(ben.id) ?? expect.unreachable('no change')
  expect(change.knownNumber).toBe(people.safetyNumber(ben.id))
  expect(change.shownNumber).not.toBe(change.knownNumber)
  // The person compares again outside the server, and the known number is right.
  await people.verify(ben.id)
  await ana.client.users(ben.name)
  await ana.send(conversation, 'the known key is right')
  await ben.sees('the known key is right')
})

test('a key that is accepted knowingly replaces the pin on all devices, and nothing goes to the former key', async () => {
  await ana.send(ben, 'before')
  const { conversation } = ana.client.conversations()[0] ?? expect.unreachable('no chat')
  const group = (await ana.client.createGroup('Trip', [ben.id])).id
  await eventually(() => expect(statusOf(ben, group)).toBe('active'))
  expect(ana.client.people.groupsWithFormerKey(ben.id)).toEqual([])
  const phone = await Person.logIn(liar.url, ana.name)
  await ana.client.people.verify(ben.id)
  await ana.client.users(ben.name)
  changeKeyOf(ben)
  await ana.client.users(ben.name)
  const { shownKey } = ana.client.people.keyChange(ben.id) ?? expect.unreachable('no change')
  // A key that the directory does not show any more is not accepted.
  changeKeyOf(ben)
  await expect(ana.client.people.acceptKey(ben.id, shownKey)).rejects.toMatchObject({ code: 'no_new_key' })
  await ana.client.users(ben.name)
  const change = ana.client.people.keyChange(ben.id) ?? expect.unreachable('no change')
  await ana.client.people.acceptKey(ben.id, change.shownKey)
  expect(ana.client.pins.accountKeyOf(ben.id)).toBe(change.shownKey)
  expect(ana.client.people.isVerified(ben.id)).toBe(false)
  // No group changes by itself: its other members would not follow.
  expect(ana.client.people.groupsWithFormerKey(ben.id)).toEqual([{ conversation: group, mayMend: true }])
  expect(ana.client.conversation(group).record.members.map(({ userId }) => userId)).toEqual([ana.id, ben.id])
  await ana.queue(conversation, 'to the new key only')
  await ana.offline()
  await meetsSomebody(phone)
  await eventually(() => expect(phone.client.pins.accountKeyOf(ben.id)).toBe(change.shownKey))
  expect(codes(phone)).toContain('key_accepted')
  expect(ben.texts()).toEqual(['before'])
})

test('a display name goes to accepted chats and new members, and not into a request or as a message', async () => {
  const { conversation } = await ana.queue(ben, 'hello')
  await ben.sees('hello')
  await ben.client.people.setProfile({ name: 'Ben Miller', picture: new Uint8Array([1, 2, 3]) })
  // Ben has not accepted Ana’s chat, so she learns nothing.
  expect(ben.client.conversation(conversation).outbox.records.size).toBe(0)
  await ben.send(conversation, 'hi')
  await ana.sees('hi')
  expect(await ana.client.people.profile(ben.id)).toEqual({ name: 'Ben Miller', picture: new Uint8Array([1, 2, 3]) })
  expect(ana.client.conversation(conversation).record.unread).toBe(1)
  await ben.client.people.setProfile({ name: 'Benno', picture: null })
  await eventually(() => expect(ana.client.people.displayName(ben.id)).toBe('Benno'))
  const cleo = await Person.signUp(stack.url, `cleo-${turn}`)
  const group = (await ana.client.createGroup('Trip', [ben.id])).id
  await ben.client.settled()
  await eventually(() => expect(statusOf(ben, group)).toBe('active'))
  await ben.send(group, 'in the group')
  await ana.client.addMembers(group, [cleo.id])
  await eventually(() => expect(ben.client.conversation(group).record.members).toHaveLength(3))
  await ben.send(group, 'to the new member')
  await cleo.sees('to the new member')
  expect(cleo.client.people.displayName(ben.id)).toBe('Benno')
  // Somebody who takes that name is marked.
  await cleo.client.people.setProfile({ name: 'BENNO' })
  await cleo.send(group, 'I am Ben')
  await ana.sees('I am Ben')
  expect(ana.client.people.sameNameAs(cleo.id)).toBe(ben.id)
})

test('a group that was left and forgotten is gone from all devices, and its history with it', async () => {
  const group = (await ana.client.createGroup('Trip', [ben.id])).id
  await ana.send(group, 'secret')
  await ben.sees('secret')
  await ben.client.people.accept(group)
  const phone = await Person.logIn(stack.url, ben.name)
  await eventually(() => expect(statusOf(phone, group)).toBe('active'))
  await phone.offline()
  await expect(ben.client.people.forget(group)).rejects.toMatchObject({ code: 'only_left_chats' })
  await ben.client.conversation(group).leave(ben.client.newId())
  await ben.client.people.forget(group)
  expect(ben.client.conversations()).toEqual([])
  // The next commit takes the leaf out of the group, and the records go.
  await ana.send(group, 'after')
  await eventually(async () => expect(await ben.store.list('entries')).toEqual([]))
  await ben.offline()
  const again = await Person.open(stack.url, ben.name, { store: phone.store })
  await meetsSomebody(again)
  await eventually(() => expect(again.client.conversations()).toEqual([]))
  await eventually(async () => expect(await again.store.list('entries')).toEqual([]))
})

test('a person leaves a group before their device could join it, and signs nothing about another chat', async () => {
  const own = (await ana.client.createGroup('Kept', [ben.id])).id
  await eventually(() => expect(statusOf(ben, own)).toBe('active'))
  await ben.send(own, 'both are in')
  await ana.sees('both are in')
  await ana.client.people.accept(own)
  liar.lie = (answer, asked) => {
    if (asked.includes('/welcome')) return { status: 404, body: { code: 'not_found', message: '' } }
    return asked.startsWith('POST') && asked.endsWith('/commits')
      ? { status: 503, body: { code: 'busy', message: '' } }
      : answer
  }
  const group = (await ben.client.createGroup('Pushed', [ana.id])).id
  await eventually(() => expect(statusOf(ana, group)).toMatch(/joining|broken/))
  const blocked = liar.lie
  const sent: string[] = []
  const keptInfo = await ana.client.api.call(chatOperations.groupInfo, { params: { conversation: own } })
  liar.lie = (answer, asked) => {
    sent.push(asked)
    return asked.includes('/group-info') ? { ...answer, body: keptInfo } : blocked(answer, asked)
  }
  const leave = () => ana.client.conversation(group).leave(ana.client.newId())
  await expect(leave()).rejects.toMatchObject({ code: 'unlawful' })
  expect(sent.filter((asked) => asked.includes('/leave'))).toEqual([])
  liar.lie = blocked
  await leave()
  expect(statusOf(ana, group)).toBe('left')
  expect(waiting(ana)).toEqual([])
  await ben.send(group, 'without Ana')
  expect(ben.client.conversation(group).record.members.map(({ userId }) => userId)).toEqual([ben.id])
  expect(statusOf(ana, own)).toBe('active')
})
