import { type ConversationId, maxPictureBytes, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())

/** Signs up four people. The first one makes a group with the second and the third. */
async function groupOfThree() {
  turn++
  const names = ['ann', 'ben', 'cleo', 'dan'].map((name) => `${name}-${turn}`)
  const people = await Promise.all(names.map((name, n) => Person.signUp(stack.url, name, { pod: stack.pod(n % 2) })))
  const [ann, ben, cleo, dan] = people as [Person, Person, Person, Person]
  const group = (await ann.client.createGroup('Trip', [ben.id, cleo.id])).id
  await ann.send(group, 'welcome')
  await Promise.all([ben.sees('welcome'), cleo.sees('welcome')])
  return { ann, ben, cleo, dan, group }
}

const record = (one: Person, group: ConversationId) => one.client.conversation(group).record
const roles = (one: Person, group: ConversationId) =>
  Object.fromEntries(record(one, group).members.map(({ userId, role }) => [userId, role]))
const lines = (one: Person, group: ConversationId) =>
  one.shown.filter(({ conversation }) => conversation === group).flatMap(({ event }) => event ?? [])
const isActive = (one: Person, group: ConversationId) =>
  eventually(() => expect(record(one, group).status, one.report()).toBe('active'))
const refusal = (code: string) => expect.objectContaining({ code })

test('the owner hands the group over; admins change members, and neither the owner nor each other', async () => {
  const { ann, ben, cleo, dan, group } = await groupOfThree()
  expect(roles(cleo, group)).toEqual({ [ann.id]: 'owner', [ben.id]: 'member', [cleo.id]: 'member' })
  await expect(ben.client.groups.promote(group, ben.id)).rejects.toEqual(refusal('admins_only'))
  await ann.client.groups.promote(group, ben.id)
  await ann.client.groups.promote(group, cleo.id)
  await eventually(() => expect(roles(ben, group)[cleo.id], ben.report()).toBe('admin'))

  const { groups } = ben.client
  await expect(groups.remove(group, [ann.id])).rejects.toEqual(refusal('owner_only'))
  await expect(groups.demote(group, cleo.id)).rejects.toEqual(refusal('owner_only'))
  await expect(groups.transfer(group, ben.id)).rejects.toEqual(refusal('not_a_member'))
  await expect(groups.transfer(group, cleo.id)).rejects.toEqual(refusal('owner_only'))
  await expect(groups.demote(group, ann.id)).rejects.toEqual(refusal('successor_needed'))
  await groups.add(group, [dan.id])
  await isActive(dan, group)

  await expect(ann.client.groups.leave(group)).rejects.toEqual(refusal('successor_needed'))
  await ann.client.groups.transfer(group, ben.id)
  await eventually(() => expect(lines(cleo, group)).toContainEqual({ kind: 'owner', users: [ben.id] }))
  expect(roles(cleo, group)).toMatchObject({ [ann.id]: 'admin', [ben.id]: 'owner' })
  await eventually(() => expect(roles(ben, group)[ben.id]).toBe('owner'))
  await groups.demote(group, cleo.id)
  await groups.leave(group, { successor: dan.id })
  await ann.send(group, 'without ben')
  await Promise.all([cleo.sees('without ben'), dan.sees('without ben')])
  await eventually(() =>
    expect(roles(cleo, group)).toEqual({ [ann.id]: 'admin', [cleo.id]: 'member', [dan.id]: 'owner' }),
  )
})

test('when the owner leaves by another app, the longest admin owns the group', async () => {
  const { ann, ben, cleo, group } = await groupOfThree()
  await ann.client.groups.promote(group, cleo.id)
  await eventually(() => expect(roles(ben, group)[cleo.id]).toBe('admin'))
  await ann.client.conversation(group).leave(ann.client.newId())
  await ben.send(group, 'who owns it now?')
  await cleo.sees('who owns it now?')
  await eventually(() => expect(roles(ben, group)).toEqual({ [ben.id]: 'member', [cleo.id]: 'owner' }))
})

test('admins name the group; a member who tries is ignored, and new members get all of the profile', async () => {
  const { ann, ben, cleo, dan, group } = await groupOfThree()
  const picture = Uint8Array.from([0xff, 0xd8, 0xff, ...new Uint8Array(5_000).map((_, n) => n % 251)])
  await expect(cleo.client.groups.rename(group, 'Mine')).rejects.toEqual(refusal('admins_only'))
  await ann.client.groups.rename(group, 'Rome')
  await ann.client.groups.setTopic(group, 'We leave\non Friday')
  await ann.client.groups.setPicture(group, picture)
  await expect(ann.client.groups.setPicture(group, new Uint8Array(maxPictureBytes + 1))).rejects.toEqual(
    refusal('picture_too_large'),
  )
  await eventually(async () => expect(await ben.client.groups.picture(group)).toEqual(picture))
  expect(record(ben, group)).toMatchObject({ name: 'Rome', topic: 'We leave on Friday' })
  expect(lines(ben, group).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['named', 'topic', 'picture']))

  // An app of cleo's own does not ask whether she may.
  await cleo.client.conversation(group).announceProfile({ name: 'Mine', picture: '' })
  await eventually(() => expect(lines(ben, group)).toContainEqual(expect.objectContaining({ code: 'profile_refused' })))
  expect(record(ben, group)).toMatchObject({ name: 'Rome', topic: 'We leave on Friday' })

  await ann.client.groups.add(group, [dan.id])
  await eventually(() =>
    expect(record(dan, group), dan.report()).toMatchObject({ name: 'Rome', topic: 'We leave on Friday' }),
  )
  await eventually(async () => expect(await dan.client.groups.picture(group)).toEqual(picture))
  await ann.client.groups.setTopic(group, '')
  await ann.client.groups.setPicture(group, undefined)
  await eventually(async () => expect(await dan.client.groups.picture(group)).toBeUndefined())
  expect(record(dan, group).topic).toBeUndefined()
})

test('where everybody may add people, a member adds; a banned user comes back only after an admin lifts the ban', async () => {
  const { ann, ben, cleo, dan, group } = await groupOfThree()
  await expect(cleo.client.groups.add(group, [dan.id])).rejects.toEqual(refusal('admins_only'))
  await expect(cleo.client.groups.setPolicies(group, { add: 'everybody' })).rejects.toEqual(refusal('admins_only'))
  await ann.client.groups.setPolicies(group, { add: 'everybody' })
  await eventually(() => expect(cleo.client.groups.policies(group)).toEqual({ add: 'everybody', write: 'everybody' }))
  await cleo.client.groups.add(group, [dan.id])
  await isActive(dan, group)
  expect(lines(dan, group)).toContainEqual({ kind: 'invited' })
  await eventually(() => expect(roles(ben, group)[dan.id]).toBe('member'))

  await expect(cleo.client.groups.remove(group, [dan.id], { ban: true })).rejects.toEqual(refusal('admins_only'))
  await ann.client.groups.remove(group, [dan.id], { ban: true })
  await eventually(() => expect(cleo.client.groups.bans(group)).toEqual([dan.id]))
  await eventually(() => expect(record(dan, group).status).toBe('removed'))
  for (const one of [ann, cleo])
    await expect(one.client.groups.add(group, [dan.id])).rejects.toEqual(refusal('banned_user'))
  await ann.client.groups.unban(group, [dan.id])
  await eventually(() => expect(lines(cleo, group)).toContainEqual({ kind: 'unbanned', users: [dan.id] }))
  await cleo.client.groups.add(group, [dan.id])
  await isActive(dan, group)
})

test('where only admins write, the server rejects a member’s message, and clients hide one that a false app got through', async () => {
  const { ann, ben, cleo, dan, group } = await groupOfThree()
  await ann.client.groups.promote(group, ben.id)
  await cleo.send(group, 'before the rule')
  await eventually(() => expect(roles(cleo, group)[ben.id]).toBe('admin'))
  await cleo.offline()
  await ben.client.groups.setPolicies(group, { write: 'admins' })
  const late = await cleo.queue(group, 'after the rule')
  const failed = cleo.client.conversation(group).outbox.whenStored(late.id)
  await Promise.all([expect(failed).rejects.toEqual(refusal('admins_write')), cleo.online()])
  await expect(cleo.send(group, 'again')).rejects.toEqual(refusal('admins_write'))
  await ben.send(group, 'news')
  await Promise.all([ann.sees('before the rule', 'news'), cleo.sees('news')])
  // A new member learns the name, though the one who adds may not write.
  await ben.client.groups.setPolicies(group, { add: 'everybody' })
  await eventually(() => expect(cleo.client.groups.policies(group).add).toBe('everybody'))
  await cleo.client.groups.add(group, [dan.id])
  await eventually(() => expect(record(dan, group).name, dan.report()).toBe('Trip'))

  // A device that was away while the rule ended sends its message once it has read on.
  await cleo.offline()
  await ben.client.groups.setPolicies(group, { write: 'everybody' })
  const waited = await cleo.queue(group, 'may I now?')
  await cleo.online()
  await cleo.client.conversation(group).outbox.whenStored(waited.id)
  await ann.sees('may I now?')

  // A changed app of cleo calls a text one of the messages that readers may send. The server
  // cannot see it.
  await ben.client.groups.setPolicies(group, { write: 'admins' })
  await eventually(() => expect(cleo.client.groups.policies(group).write).toBe('admins'))
  const state = cleo.client.conversation(group).group ?? expect.unreachable('no group')
  const text = new TextEncoder().encode(JSON.stringify({ v: 1, kind: 'text', text: 'let through' }))
  const { envelope } = await state.encrypt(text)
  const { groupNo, epoch } = state
  const frame = { t: 'send', id: cleo.client.newId(), conversation: group, groupNo, epoch } as const
  await cleo.client.connection.request({ ...frame, envelope: toBase64Url(envelope), asReader: true })
  for (const one of [ann, ben])
    await eventually(() =>
      expect(lines(one, group)).toContainEqual(expect.objectContaining({ code: 'read_only_sender' })),
    )
  expect([...ann.texts(group), ...ben.texts(group)]).not.toContain('let through')
})

test('shared messages are shown to new members as the sharer tells them, and to others as one line', async () => {
  const { ann, ben, dan, group } = await groupOfThree()
  await ben.send(group, 'from ben')
  await ann.sees('from ben')
  expect(await ann.client.groups.add(group, [dan.id], { share: 25 })).toBe(2)
  const event = { kind: 'shared', users: [dan.id], count: 2, part: 1 }
  await eventually(() => expect(lines(ben, group)).toContainEqual(event))
  const told = [
    expect.objectContaining({ from: ann.id, text: 'welcome' }),
    expect.objectContaining({ from: ben.id, text: 'from ben' }),
  ]
  await eventually(() => expect(lines(dan, group), dan.report()).toContainEqual({ ...event, messages: told }))
  // They are no messages of their authors here.
  expect(dan.texts(group)).toEqual([])
  expect(record(dan, group).unread).toBe(0)

  // A member may invent what others said. It counts as that member's word.
  const invented = { from: ben.id, at: 1, text: 'invented' }
  const { outbox } = ann.client.conversation(group)
  const payload = { v: 1, kind: 'shared', to: [dan.id], count: 1, part: 1, parts: 1, messages: [invented] } as const
  await outbox.queue(ann.client.newId(), { ...payload, to: [dan.id], messages: [invented] })
  await eventually(() => expect(dan.shown.at(-1)).toMatchObject({ type: 'system', from: ann.id, event: { count: 1 } }))
  expect(dan.texts(group)).toEqual([])
  await expect(ann.client.groups.share(group, ['11111111-0000-7000-8000-000000000009' as never], 5)).rejects.toEqual(
    refusal('not_a_member'),
  )
})

test('an admin adds a member again with the same role, and only where they may remove that member', async () => {
  const { ann, ben, cleo, group } = await groupOfThree()
  await ann.client.groups.promote(group, ben.id)
  await eventually(() => expect(roles(cleo, group)[ben.id]).toBe('admin'))
  await ann.client.groups.addAgain(group, ben.id)
  await ann.send(group, 'again')
  await Promise.all([ben.sees('again'), cleo.sees('again')])
  expect(roles(cleo, group)).toEqual({ [ann.id]: 'owner', [ben.id]: 'admin', [cleo.id]: 'member' })
  await expect(ben.client.groups.addAgain(group, ann.id)).rejects.toEqual(refusal('owner_only'))
  await expect(cleo.client.groups.addAgain(group, ben.id)).rejects.toEqual(refusal('admins_only'))
})

test('members react and take back their own messages where only admins write', async () => {
  const { ann, ben, cleo, group } = await groupOfThree()
  const before = await cleo.queue(group, 'oh no')
  await cleo.client.conversation(group).outbox.whenStored(before.id)
  await ann.client.groups.setPolicies(group, { write: 'admins' })
  const news = await ann.queue(group, 'news')
  await Promise.all([ben.sees('news'), cleo.sees('news')])
  await cleo.client.messages.react(news.id, '👍')
  const reactions = async (one: Person) => (await one.client.entry(news.id))?.annotations?.reactions
  for (const one of [ann, ben, cleo])
    await eventually(async () => expect(await reactions(one)).toEqual([{ emoji: '👍', users: [cleo.id] }]))
  await cleo.client.messages.deleteForEveryone(before.id)
  await eventually(async () => expect((await ben.client.entry(before.id))?.annotations?.deleted).toBeDefined())
  expect(ben.client.counters.alarms).toBe(0)
})
