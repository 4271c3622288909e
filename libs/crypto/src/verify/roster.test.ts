import { maxBanned, maxMembers, type Roster } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { admin, direct, group, member, owner } from '../../testing/commit-cases.ts'
import { userId } from '../../testing/people.ts'
import {
  decodeRoster,
  encodeRoster,
  isVersion2,
  keepsOrder,
  mayWrite,
  rosterAfterDepartures,
  sameRoster,
} from './roster.ts'

const roster = group(admin(1), member(2), member(3))
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

test('a roster has one encoding, which keeps the order of its members', () => {
  const other = group(member(3), admin(1), member(2))
  for (const one of [roster, other]) expect(decodeRoster(encodeRoster(one))).toEqual(one)
})

test.each([
  ['a user twice', bytesOf(group(admin(1), member(1)))],
  ['an empty roster', bytesOf(group())],
  ['too many members', encodeRoster(group(...Array.from({ length: maxMembers + 1 }, (_, n) => member(n))))],
  ['another role', bytesOf({ kind: 'group', members: [{ userId: userId(1), role: 'guest' }] })],
  ['policies that say nothing', bytesOf({ ...roster, policies: {} })],
  ['the usual rule written out', bytesOf({ ...roster, policies: { add: 'admins' } })],
  ['policies in another order', bytesOf({ ...roster, policies: { write: 'admins', add: 'everybody' } })],
  ['a policy that is not known', bytesOf({ ...roster, policies: { read: 'admins' } })],
  ['an empty list of bans', bytesOf({ ...roster, banned: [] })],
  ['a user banned twice', bytesOf({ ...roster, banned: [userId(9), userId(9)] })],
  ['too many bans', bytesOf({ ...roster, banned: Array.from({ length: maxBanned + 1 }, (_, n) => userId(n + 9)) })],
  ['bans before policies', bytesOf({ ...roster, banned: [userId(9)], policies: { add: 'everybody' } })],
  ['another kind', bytesOf({ ...roster, kind: 'channel' })],
  ['one key more', bytesOf({ ...roster, name: 'Trip' })],
  ['another key order', bytesOf({ members: roster.members, kind: roster.kind })],
  ['no JSON', new Uint8Array([0xff])],
])('rejects %s', (_, bytes) => {
  expect(() => decodeRoster(bytes)).toThrow(expect.objectContaining({ code: 'malformed' }))
})

const rules: [string, Roster][] = [
  ['an owner', group(owner(1), member(2))],
  ['everybody adds', { ...roster, policies: { add: 'everybody' } }],
  ['only admins write', { ...roster, policies: { write: 'admins' } }],
  ['both policies and bans', { ...roster, policies: { add: 'everybody', write: 'admins' }, banned: [userId(9)] }],
]
test.each(rules)('a roster of version 2 has one encoding: %s', (_, one) => {
  expect(decodeRoster(encodeRoster(one))).toEqual(one)
  expect(isVersion2(one)).toBe(true)
  expect(sameRoster(one, decodeRoster(encodeRoster(one)))).toBe(true)
  expect(sameRoster(one, roster)).toBe(false)
})

test('a roster under the usual rules has its former bytes', () => {
  expect(encodeRoster({ ...roster, policies: {}, banned: [] })).toEqual(bytesOf(roster))
  expect(isVersion2({ ...roster, policies: {}, banned: [] })).toBe(false)
})

test('where only admins write, members and strangers may not', () => {
  const closed: Roster = { ...group(owner(1), admin(2), member(3)), policies: { write: 'admins' } }
  expect([1, 2, 3, 4].map((n) => mayWrite(closed, userId(n)))).toEqual([true, true, false, false])
  expect(mayWrite(roster, userId(3))).toBe(true)
})

test('a roster of maxMembers is accepted', () => {
  const full = group(...Array.from({ length: maxMembers }, (_, n) => member(n)))
  expect(decodeRoster(encodeRoster(full))).toEqual(full)
})

test.each([
  ['nobody departs', roster, [], roster],
  ['a member departs', roster, [2], group(admin(1), member(3))],
  ['a user who was never a member departs', roster, [9], roster],
  ['one of two admins departs', group(admin(1), admin(2)), [1], group(admin(2))],
  ['the last admin departs: the oldest member becomes admin', roster, [1], group(admin(2), member(3))],
  [
    'the last admin departs, and ids are in another order',
    group(admin(1), member(3), member(2)),
    [1],
    group(admin(3), member(2)),
  ],
  [
    'the owner departs: the longest admin owns the group',
    group(owner(1), member(2), admin(3), admin(4)),
    [1],
    group(member(2), owner(3), admin(4)),
  ],
  ['the owner departs, no admin is left', group(member(5), owner(1), member(2)), [1], group(owner(5), member(2))],
  ['owner and admins depart', group(owner(1), admin(2), member(3), member(4)), [1, 2], group(owner(3), member(4))],
  ['an admin departs, the owner stays', group(owner(1), admin(2), member(3)), [2], group(owner(1), member(3))],
  ['a direct chat keeps its two people', direct(member(1), member(2)), [1], direct(member(1), member(2))],
])('the roster after departures: %s', (_, before, departed, after) => {
  expect(rosterAfterDepartures(before, departed.map(userId))).toEqual(after)
})

const cast = 6
const lawfulChange = fc.record({
  leaving: fc.uniqueArray(fc.nat(cast - 1)),
  coming: fc.uniqueArray(fc.nat(cast - 1)),
  roles: fc.array(fc.boolean(), { minLength: cast, maxLength: cast }),
})

test('after any changes by an admin, the next admin is the member who joined first', () => {
  fc.assert(
    fc.property(fc.array(lawfulChange, { maxLength: 12 }), (changes) => {
      let now = group(admin(0), member(1))
      // The order in which members joined, by the log and not by the roster.
      const since = new Map([
        [userId(0), 0],
        [userId(1), 0.5],
      ])
      for (const [at, { leaving, coming, roles }] of changes.entries()) {
        const staying = now.members.filter((one) => !leaving.some((n) => userId(n) === one.userId))
        const fresh = coming.filter((n) => !now.members.some((one) => one.userId === userId(n)))
        const next = group(
          ...staying.map((one, n) => ({ ...one, role: roles[n] ? ('admin' as const) : ('member' as const) })),
          ...fresh.map((n) => member(n)),
        )
        for (const { userId: gone } of now.members) if (!staying.some((one) => one.userId === gone)) since.delete(gone)
        for (const [n, one] of fresh.entries()) since.set(userId(one), at + 1 + n / cast)
        expect(keepsOrder(now, next)).toBe(true)
        now = next
      }
      if (now.members.length === 0) return
      const admins = now.members.filter(({ role }) => role === 'admin').map((one) => one.userId)
      const after = rosterAfterDepartures(now, admins)
      const [longest] = [...since].filter(([one]) => !admins.includes(one)).sort(([, a], [, b]) => a - b)
      const heirs = after.members.filter(({ role }) => role === 'admin').map((one) => one.userId)
      expect(heirs).toEqual(admins.length > 0 && longest ? [longest[0]] : [])
    }),
  )
})

test.each([
  ['two members who stay change their order', roster, group(admin(1), member(3), member(2)), false],
  ['a new member comes before those who stay', roster, group(member(4), admin(1), member(2), member(3)), false],
  ['a new member comes in between', roster, group(admin(1), member(4), member(2), member(3)), false],
  ['a member joins, and another leaves', roster, group(admin(1), member(3), member(4)), true],
  ['new members come in any order', roster, group(admin(1), member(2), member(3), member(5), member(4)), true],
])('the order of a roster: %s', (_, before, after, isKept) => {
  expect(keepsOrder(before, after)).toBe(isKept)
})
