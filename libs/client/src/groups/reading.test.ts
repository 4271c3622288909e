import { type Payload, type Roster, toBase64Url, type UserId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { storedPicture } from './picture.ts'

const [anaId, benId, cleoId] = [createIdentity(), createIdentity(), createIdentity()]
const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 1, 2, 3])

let ana: Writer
let cleo: Writer
let ben: Device
let store: ReturnType<typeof memoryStore>

/** Ana is the admin. Ben's device reads what she and cleo, a member, send. */
beforeEach(async () => {
  const [anas, bens, cleos] = await createGroup([anaId, benId, cleoId])
  store = memoryStore()
  ana = new Writer(anaId, anas!)
  cleo = new Writer(cleoId, cleos!)
  ben = await new Device(benId, store).begin({ cursor: 0 }, bens)
})

const rest = () => eventually(() => expect(ben.conversation.isSettled).toBe(true), { everyMs: 5 })
const shown = () => ben.shown.map(({ seq, from, event }) => ({ seq, from, event }))
const record = () => ben.conversation.record

/** Ana changes the roster at a position, and cleo follows. */
async function changes(seq: number, change: Partial<Roster>) {
  const entry = await ana.commits(seq, { roster: { ...ana.group.roster, ...change } })
  const bytes = Buffer.from(entry.envelope ?? '', 'base64url')
  cleo.group = (await cleo.group.process(bytes, { trust: () => true, departed: [], revoked: [] })).group
  return entry
}

test('a message of a member who may only read is not shown, and a line says so', async () => {
  ben.receive(await cleo.says(1, 'before'), await changes(2, { policies: { write: 'admins' } }))
  ben.receive(await cleo.says(3, 'hidden'), await ana.says(4, 'news'))
  await rest()
  expect(ben.texts).toEqual(['before', 'news'])
  expect(shown()).toContainEqual({
    ...{ seq: 3, from: cleoId.userId },
    event: { kind: 'trouble', code: 'read_only_sender' },
  })
  expect(ben.counters.alarms).toBe(1)
  expect(record().policies).toEqual({ write: 'admins' })
  await expect(ben.conversation.outbox.queue('01890000-0000-7000-8000-000000000001' as never, text)).rejects.toEqual(
    expect.objectContaining({ code: 'admins_write' }),
  )
})
const text = { v: 1, kind: 'text', text: 'may I?' } as const

test('members may vote where only admins write', async () => {
  ben.receive(await changes(1, { policies: { write: 'admins' } }))
  ben.receive(await cleo.sends(2, { v: 1, kind: 'vote', sig: 'A'.repeat(86) }))
  await rest()
  expect(ben.counters.alarms).toBe(0)
})

test('members who may only read may react and delete, and every other kind is hidden, whatever their app calls it', async () => {
  const said = await cleo.says(1, 'before')
  ben.receive(said, await changes(2, { policies: { write: 'admins' } }))
  ben.receive(await cleo.sends(3, { v: 1, kind: 'reaction', target: said.id, emoji: '👍' }))
  ben.receive(await cleo.sends(4, { v: 1, kind: 'delete', target: said.id }))
  await rest()
  expect(ben.counters.alarms).toBe(0)
  const target = said.id
  const refused: Payload[] = [
    { v: 1, kind: 'edit', target, text: 'changed' },
    { v: 1, kind: 'pin', target, pinned: true },
    { v: 1, kind: 'timer', seconds: 60 },
    { v: 1, kind: 'card', n: 1, name: 'Cleo' },
    { v: 1, kind: 'shared', to: [benId.userId], count: 0, part: 1, parts: 1, messages: [] },
  ]
  for (const [n, payload] of refused.entries()) ben.receive(await cleo.sends(5 + n, payload))
  await rest()
  expect(ben.counters.alarms).toBe(refused.length)
  expect(ben.texts).toEqual(['before'])
})

test('name, topic and picture of a group come from admins; another member’s try is a line', async () => {
  const profile = { v: 1, kind: 'profile', name: 'trip' } as const
  ben.receive(await ana.sends(1, { ...profile, topic: 'Rome', picture: toBase64Url(jpeg) }))
  ben.receive(await cleo.sends(2, { ...profile, name: 'mine' }))
  ben.receive(await cleo.sends(3, { ...profile, topic: 'mine' }))
  ben.receive(await cleo.sends(4, { ...profile, picture: '' }))
  ben.receive(await cleo.sends(5, { ...profile, topic: 'Rome', picture: toBase64Url(jpeg) }))
  await rest()
  expect(record()).toMatchObject({ name: 'trip', topic: 'Rome', picture: expect.any(String), unread: 0 })
  expect(await storedPicture(store, conversation)).toEqual(jpeg)
  const refused = { from: cleoId.userId, event: { kind: 'trouble', code: 'profile_refused' } }
  expect(shown()).toEqual([
    { seq: 1, from: anaId.userId, event: { kind: 'named', name: 'trip' } },
    ...[2, 3, 4].map((seq) => ({ seq, ...refused })),
  ])
})

test('a device that knows no name takes a member’s word, until an admin says otherwise', async () => {
  ben.receive(await cleo.sends(1, { v: 1, kind: 'profile', name: 'false' }))
  ben.receive(await ana.sends(2, { v: 1, kind: 'profile', name: 'trip', topic: 'two\nlines' }))
  ben.receive(await ana.sends(3, { v: 1, kind: 'profile', name: 'trip' }))
  ben.receive(await ana.sends(4, { v: 1, kind: 'profile', name: 'trip', topic: '', picture: 'bm8gcGljdHVyZQ' }))
  await rest()
  expect(shown().map(({ event }) => event)).toEqual([
    { kind: 'named', name: 'false' },
    { kind: 'named', name: 'trip' },
    { kind: 'topic', topic: 'two lines' },
    { kind: 'topic', topic: '' },
  ])
  expect([record().topic, record().picture]).toEqual([undefined, undefined])
})

test('shared messages are kept by those for whom they are, as the word of who shares them', async () => {
  const message = { from: anaId.userId, at: 5, text: 'said before' }
  const share = (to: readonly UserId[], part: number) => ({
    v: 1 as const,
    kind: 'shared' as const,
    to: [...to],
    count: 2,
    part,
    parts: 2,
    messages: [message],
  })
  for (const [n, to] of [benId.userId, cleoId.userId].entries())
    for (const part of [1, 2]) ben.receive(await cleo.sends(2 * n + part, share([to], part)))
  await rest()
  const event = { kind: 'shared', count: 2 }
  expect(shown()).toEqual([
    { seq: 1, from: cleoId.userId, event: { ...event, users: [benId.userId], part: 1, messages: [message] } },
    { seq: 2, from: cleoId.userId, event: { ...event, users: [benId.userId], part: 2, messages: [message] } },
    { seq: 3, from: cleoId.userId, event: { ...event, users: [cleoId.userId], part: 1 } },
  ])
  expect([ben.texts, record().unread, record().cursor]).toEqual([[], 0, 4])
})

test('a change of owner, rules and bans is a line', async () => {
  const { members } = ana.group.roster
  const owned = members.map((member) =>
    member.userId === anaId.userId ? { ...member, role: 'owner' as const } : member,
  )
  ben.receive(await changes(1, { members: owned }))
  ben.receive(
    await changes(2, {
      policies: { add: 'everybody', write: 'admins' },
      banned: ['11111111-0000-7000-8000-000000000009' as UserId],
    }),
  )
  ben.receive(await changes(3, { policies: { write: 'admins' }, banned: [] }))
  await rest()
  expect(shown().map(({ event }) => event)).toEqual([
    { kind: 'owner', users: [anaId.userId] },
    { kind: 'banned', users: ['11111111-0000-7000-8000-000000000009'] },
    { kind: 'policies', policies: { add: 'everybody', write: 'admins' } },
    { kind: 'unbanned', users: ['11111111-0000-7000-8000-000000000009'] },
    { kind: 'policies', policies: { add: 'admins' } },
  ])
})
