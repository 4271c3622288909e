import { maxMembers } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { admin, direct, group, member } from '../../testing/commit-cases.ts'
import { userId } from '../../testing/people.ts'
import { decodeRoster, encodeRoster, keepsOrder, rosterAfterDepartures } from './roster.ts'

const roster = group(admin(1), member(2), member(3))
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

test('a roster is one string of bytes, which keeps the order of its members', () => {
  const other = group(member(3), admin(1), member(2))
  for (const one of [roster, other]) expect(decodeRoster(encodeRoster(one))).toEqual(one)
})

test.each([
  ['a user twice', bytesOf(group(admin(1), member(1)))],
  ['nobody', bytesOf(group())],
  ['too many', encodeRoster(group(...Array.from({ length: maxMembers + 1 }, (_, n) => member(n))))],
  ['another role', bytesOf({ kind: 'group', members: [{ userId: userId(1), role: 'owner' }] })],
  ['another kind', bytesOf({ ...roster, kind: 'channel' })],
  ['one key more', bytesOf({ ...roster, name: 'Trip' })],
  ['another key order', bytesOf({ members: roster.members, kind: roster.kind })],
  ['no JSON', new Uint8Array([0xff])],
])('refuses %s', (_, bytes) => {
  expect(() => decodeRoster(bytes)).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('as many as may be', () => {
  const full = group(...Array.from({ length: maxMembers }, (_, n) => member(n)))
  expect(decodeRoster(encodeRoster(full))).toEqual(full)
})

test.each([
  ['nobody departs', roster, [], roster],
  ['a member departs', roster, [2], group(admin(1), member(3))],
  ['one who was never there', roster, [9], roster],
  ['one of two admins', group(admin(1), admin(2)), [1], group(admin(2))],
  ['the last admin: who came first of the others inherits', roster, [1], group(admin(2), member(3))],
  ['the last admin, whatever the ids', group(admin(1), member(3), member(2)), [1], group(admin(3), member(2))],
  ['from a direct chat, which keeps its two people', direct(member(1), member(2)), [1], direct(member(1), member(2))],
])('the roster after departures: %s', (_, before, departed, after) => {
  expect(rosterAfterDepartures(before, departed.map(userId))).toEqual(after)
})

const cast = 6
const lawfulChange = fc.record({
  leaving: fc.uniqueArray(fc.nat(cast - 1)),
  coming: fc.uniqueArray(fc.nat(cast - 1)),
  roles: fc.array(fc.boolean(), { minLength: cast, maxLength: cast }),
})

test('whatever an admin may change, the heir of a group without admin is the one who has been in it for longest', () => {
  fc.assert(
    fc.property(fc.array(lawfulChange, { maxLength: 12 }), (changes) => {
      let now = group(admin(0), member(1))
      // Who came when: by the log, and not by the roster.
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
  ['two who stay change places', roster, group(admin(1), member(3), member(2)), false],
  ['somebody comes before those who stay', roster, group(member(4), admin(1), member(2), member(3)), false],
  ['somebody comes in between', roster, group(admin(1), member(4), member(2), member(3)), false],
  ['somebody comes, and another goes', roster, group(admin(1), member(3), member(4)), true],
  ['newcomers in any order', roster, group(admin(1), member(2), member(3), member(5), member(4)), true],
])('the order of a roster: %s', (_, before, after, isKept) => {
  expect(keepsOrder(before, after)).toBe(isKept)
})
