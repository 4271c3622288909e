import { maxMembers } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { userId } from '../mls/test-people.ts'
import { decodeRoster, encodeRoster, rosterAfterDepartures } from './roster.ts'
import { admin, direct, group, member } from './test-cases.ts'

const roster = group(admin(1), member(2), member(3))
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

test('a roster is one string of bytes, whatever order it was given in', () => {
  expect(decodeRoster(encodeRoster(roster))).toEqual(roster)
  expect(encodeRoster(group(member(3), admin(1), member(2)))).toEqual(encodeRoster(roster))
})

test.each([
  ['members out of order', bytesOf(group(member(2), admin(1)))],
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
  ['the last admin: the first of the others inherits', roster, [1], group(admin(2), member(3))],
  ['from a direct chat, which keeps its two people', direct(member(1), member(2)), [1], direct(member(1), member(2))],
])('the roster after departures: %s', (_, before, departed, after) => {
  expect(rosterAfterDepartures(before, departed.map(userId))).toEqual(after)
})
