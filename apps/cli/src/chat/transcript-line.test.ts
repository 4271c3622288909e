import type { ConversationRecord, Entry, SystemEvent } from '@fastchat/client'
import type { AttachmentId, ConversationId, DeviceId, MessageId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { toTranscriptLine } from './transcript-line.ts'

// Ids are only compared and passed on here.
const [alice, bob, eve] = ['alice', 'bob', 'eve'] as UserId[] as [UserId, UserId, UserId]
const conversation = 'c' as ConversationId
const names = { me: alice, nameOf: (userId: UserId) => userId as string }
const group: ConversationRecord = {
  conversation,
  kind: 'group',
  status: 'active',
  groupNo: 1,
  cursor: 9,
  joinedSeq: 1,
  readSeq: 0,
  unread: 0,
  lastAt: 0,
  name: 'trip',
  members: [],
  departed: [],
  profileSeq: 2,
}
const direct: ConversationRecord = { ...group, kind: 'direct', peer: bob }
const entry = (more: Partial<Entry>): Entry => ({ type: 'message', conversation, seq: 4, at: 0, ...more })
const system = (from: UserId | undefined, event: SystemEvent) =>
  toTranscriptLine(entry({ type: 'system', event, ...(from && { from }) }), group, names)

test('a text message has the documented fields and no others', () => {
  const ids = { id: 'm' as MessageId, from: bob, device: 'd' as DeviceId }
  expect(toTranscriptLine(entry({ ...ids, payload: { v: 1, kind: 'text', text: 'hi' } }), direct, names)).toEqual({
    type: 'message',
    kind: 'text',
    conversation: 'c',
    chat: '@bob',
    seq: 4,
    at: '1970-01-01T00:00:00.000Z',
    id: 'm',
    from: 'bob',
    device: 'd',
    text: 'hi',
  })
})

test('a message of an unknown kind says that a newer version can show it', () => {
  const line = toTranscriptLine(entry({ payload: { kind: 'unknown' } }), direct, names)
  expect(line).toMatchObject({ kind: 'unknown', text: 'A newer version of FastChat is needed to show this' })
})

test('a picture shows the facts about its file, without its key and hash', () => {
  const file = {
    attachment: 'a' as AttachmentId,
    key: 'KEY',
    sha256: 'HASH',
    size: 3,
    name: 'x.png',
    mime: 'image/png',
  }
  const line = toTranscriptLine(
    entry({ payload: { v: 1, kind: 'image', file, width: 2, height: 1, caption: 'see' } }),
    group,
    names,
  )
  expect(line).toMatchObject({ type: 'message', kind: 'image', chat: '#trip', caption: 'see' })
  expect(line.file).toEqual({ name: 'x.png', size: 3, mime: 'image/png', width: 2, height: 1 })
  expect(JSON.stringify(line)).not.toMatch(/KEY|HASH/)
})

test('an unknown, missing or unreadable message is a line, and is not left out', () => {
  expect(toTranscriptLine(entry({ payload: { kind: 'unknown' } }), group, names)).toMatchObject({
    type: 'message',
    kind: 'unknown',
  })
  expect(toTranscriptLine(entry({ type: 'gap', to: 8 }), group, names)).toMatchObject({
    type: 'gap',
    kind: 'missing',
    seq: 4,
    to: 8,
  })
  expect(toTranscriptLine(entry({ type: 'unreadable' }), group, names)).toMatchObject({
    type: 'gap',
    kind: 'unreadable',
    to: 4,
  })
})

test('changes of a group are told in sentences with names', () => {
  expect(system(bob, { kind: 'added', users: [alice, eve] })).toMatchObject({
    type: 'system',
    kind: 'added',
    from: 'bob',
    users: ['alice', 'eve'],
    text: 'bob added you and eve',
  })
  expect(system(alice, { kind: 'removed', users: [eve] }).text).toBe('You removed eve')
  expect(system(bob, { kind: 'left', users: [bob] }).text).toBe('bob left')
  expect(system(alice, { kind: 'left', users: [alice] }).text).toBe('You left')
  expect(system(bob, { kind: 'revoked', users: [bob] }).text).toBe('bob’s device was removed')
  expect(system(alice, { kind: 'revoked', users: [alice] }).text).toBe('A device of yours was removed')
  expect(system(bob, { kind: 'promoted', users: [eve] }).text).toBe('bob made eve an admin')
  expect(system(bob, { kind: 'named', name: 'trip' }).text).toBe('bob named this group trip')
  expect(system(bob, { kind: 'invited' }).text).toBe('Invited by bob')
  expect(system(bob, { kind: 'joined' }).text).toBe('bob joined')
  expect(system(alice, { kind: 'joined' }).text).toBe('This device joined')
  expect(system(undefined, { kind: 'restarted' }).text).toBe('Encryption was restarted in this chat')
})

test('a change that this device could not follow names its author, and what an admin can do', () => {
  const trouble = { kind: 'trouble', code: 'unfollowable_commit' } as const
  const device = 'd' as DeviceId
  const line = toTranscriptLine(
    entry({ type: 'system', from: bob, device, event: { ...trouble, mayRemove: true } }),
    group,
    names,
  )
  expect(line).toMatchObject({ type: 'system', kind: 'trouble', code: 'unfollowable_commit', from: 'bob', device })
  expect(line.text).toMatch(/^bob’s device changed the group in a way that this device could not follow\. /)
  expect(line.text).toMatch(/ To remove them: fastchat group remove GROUP bob, or \/remove bob in the open group\.$/)
  expect(system(bob, trouble).text).not.toContain('remove')
  expect(system(undefined, { kind: 'trouble', code: 'altered_on_the_way' }).text).not.toContain('Somebody')
})
