import type { ConversationId, PersonDecisions, UserId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import type { ConversationRecord } from '../store/records.ts'
import { Strangers } from './strangers.ts'

const [me, ann, ben] = [newId<UserId>(), newId<UserId>(), newId<UserId>()]
let records: ConversationRecord[]
let people: Record<string, PersonDecisions>
let accepted: ConversationId[]
beforeEach(() => {
  records = []
  people = {}
  accepted = []
})

const strangers = new Strangers({
  me,
  book: {
    about: (userId) => people[userId] ?? {},
    aboutChat: (id) => (accepted.includes(id) ? { n: 1, is: 'accepted' } : undefined),
  },
  records: () => records,
  record: (id) => records.find(({ conversation }) => conversation === id),
})

function chat(fields: Partial<ConversationRecord>): ConversationId {
  const conversation = newId<ConversationId>()
  const { peer, inviter } = fields
  const others = [peer, inviter].flatMap((userId) => (userId === undefined || userId === me ? [] : [userId]))
  records.push({
    ...{ conversation, kind: 'group', status: 'active', groupNo: 1, cursor: 1, joinedSeq: 1, readSeq: 0, unread: 0 },
    ...{ lastAt: 0, departed: [], profileSeq: 0 },
    members: [me, ...others].map((userId) => ({ userId, role: 'member' })),
    ...fields,
  })
  return conversation
}

test('a chat that a stranger began waits, and one that this account began does not', () => {
  const theirs = chat({ kind: 'direct', peer: ann, request: true, inviter: ann })
  const mine = chat({ kind: 'direct', peer: ben, request: true, inviter: me })
  expect([strangers.isRequest(theirs), strangers.isRequest(mine)]).toEqual([true, false])
  expect(strangers.isQuiet(theirs)).toBe(true)
})

test('a group waits until a known person has signed the invitation, whatever its members', () => {
  chat({ kind: 'direct', peer: ann })
  const unsigned = chat({ request: true, members: [me, ann].map((userId) => ({ userId, role: 'admin' })) })
  const ofStranger = chat({ request: true, inviter: ben })
  const ofFriend = chat({ request: true, inviter: ann })
  expect([unsigned, ofStranger, ofFriend].map((id) => strangers.isRequest(id))).toEqual([true, true, false])
})

test('a request makes no person known', () => {
  chat({ request: true, inviter: ann })
  expect(strangers.isRequest(chat({ kind: 'direct', peer: ann, request: true, inviter: ann }))).toBe(true)
})

test('a left chat makes no person known', () => {
  chat({ status: 'left', inviter: ann })
  expect(strangers.isKnown(ann)).toBe(false)
})

test('a chat accepted on another device does not wait, and nor do those of an accepted person', () => {
  const id = chat({ kind: 'direct', peer: ann, request: true, inviter: ann })
  accepted.push(id)
  expect(strangers.isRequest(id)).toBe(false)
  people = { [ben]: { standing: { n: 1, is: 'accepted' } } }
  expect(strangers.isRequest(chat({ request: true, inviter: ben }))).toBe(false)
})

test('a blocked person is a stranger everywhere, hidden in the direct chat and collapsed in groups', () => {
  const direct = chat({ kind: 'direct', peer: ann })
  const shared = chat({ inviter: ann })
  people = { [ann]: { standing: { n: 2, is: 'blocked' } } }
  expect(strangers.isRequest(chat({ request: true, inviter: ann }))).toBe(true)
  expect([strangers.isQuiet(direct), strangers.isQuiet(shared)]).toEqual([true, false])
  const line = { type: 'message', seq: 1, at: 1, from: ann } as const
  expect(strangers.viewOf({ ...line, conversation: direct })).toBe('hidden')
  expect(strangers.viewOf({ ...line, conversation: shared })).toBe('collapsed')
  expect(strangers.viewOf({ ...line, conversation: shared, from: ben })).toBe('shown')
})
