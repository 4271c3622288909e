import type { AccountStateContents, ConversationId, Head, UserId } from '@fastchat/schema'
import { toBase64Url } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { decodeContents, emptyContents, encodeContents, mergeContents, sameContents } from './contents.ts'

const key = (byte: number) => toBase64Url(new Uint8Array(32).fill(byte))
const users = Array.from({ length: 4 }, () => newId<UserId>())
const chats = Array.from({ length: 3 }, () => newId<ConversationId>())
const roster: Head['roster'] = { kind: 'direct', members: [{ userId: users[0] as UserId, role: 'member' }] }

// The casts hold because the numbers are in range.
const profiles = fc.record({
  name: fc.constantFrom('Team', 'Crew'),
  seq: fc.integer({ min: 1, max: 3 }),
}) as fc.Arbitrary<NonNullable<Head['profile']>>
const states = fc.record({
  groupNo: fc.integer({ min: 1, max: 3 }).map((n) => n as Head['groupNo']),
  epoch: fc.nat(4).map((n) => n as Head['epoch']),
  contextHash: fc.nat(2).map(key),
  roster: fc.constant(roster),
})
const heads = fc
  .tuple(states, fc.option(profiles, { nil: undefined }))
  .map(([head, profile]): Head => (profile ? { ...head, profile } : head))
const pins = fc.record(
  { accountKey: fc.nat(2).map(key), username: fc.constantFrom('ann', 'bob') },
  { requiredKeys: [] },
)
const contents: fc.Arbitrary<AccountStateContents> = fc.record({
  v: fc.constant(1 as const),
  pins: fc.dictionary(fc.constantFrom(...users), pins),
  heads: fc.dictionary(fc.constantFrom(...chats), heads),
})
const place = ({ groupNo, epoch }: Head) => groupNo * 10 + epoch

test('a merge keeps what either side knows, the first one’s keys, and the later of two heads', () => {
  fc.assert(
    fc.property(contents, contents, (first, second) => {
      const { state } = mergeContents(first, second)
      for (const side of [first, second]) {
        for (const userId of Object.keys(side.pins)) expect(state.pins[userId]).toBeDefined()
        for (const [chat, head] of Object.entries(side.heads))
          expect(place(state.heads[chat] as Head)).toBeGreaterThanOrEqual(place(head))
      }
      for (const [userId, { accountKey }] of Object.entries(first.pins))
        if (accountKey) expect(state.pins[userId]?.accountKey).toBe(accountKey)
    }),
  )
})

test('of two names the one announced later is kept, whichever head is later', () => {
  fc.assert(
    fc.property(contents, contents, (first, second) => {
      const { state } = mergeContents(first, second)
      for (const chat of chats) {
        const [a, b] = [first.heads[chat]?.profile, second.heads[chat]?.profile]
        const expected = a && b ? (b.seq > a.seq ? b : a) : (a ?? b)
        expect(state.heads[chat]?.profile).toEqual(expected)
      }
    }),
  )
})

test('a second merge changes nothing, so two devices that disagree do not overwrite each other for ever', () => {
  fc.assert(
    fc.property(contents, contents, (first, second) => {
      const stored = mergeContents(first, second).state
      expect(sameContents(mergeContents(stored, second).state, stored)).toBe(true)
      expect(sameContents(mergeContents(stored, first).state, stored)).toBe(true)
    }),
  )
})

test('only two groups at one epoch are a conflict', () => {
  fc.assert(
    fc.property(contents, contents, (first, second) => {
      const expected = chats.filter((chat) => {
        const [a, b] = [first.heads[chat], second.heads[chat]]
        return a && b && place(a) === place(b) && a.contextHash !== b.contextHash
      })
      expect([...mergeContents(first, second).conflicts].toSorted()).toEqual(expected.toSorted())
    }),
  )
})

test('a key joins the name of a user whose key the other side does not know', () => {
  const [user = newId<UserId>()] = users
  const first = { ...emptyContents, pins: { [user]: { username: 'ann' } } }
  const second = { ...emptyContents, pins: { [user]: { accountKey: key(1), username: 'bob' } } }
  expect(mergeContents(first, second).state.pins[user]).toEqual({ accountKey: key(1), username: 'ann' })
})

test('encoded contents are read unchanged, and the order of their keys changes no byte', () => {
  fc.assert(
    fc.property(contents, (written) => {
      const reversed = Object.fromEntries(Object.entries(written.pins).toReversed())
      expect(decodeContents(encodeContents(written))).toEqual(written)
      expect(encodeContents({ ...written, pins: reversed })).toEqual(encodeContents(written))
    }),
  )
})

test('fields of a newer version survive reading, merging and writing', () => {
  const [user = newId<UserId>()] = users
  const grown = { ...emptyContents, pins: { [user]: { accountKey: key(1), verified: true } }, muted: ['x'] }
  const read = decodeContents(new TextEncoder().encode(JSON.stringify(grown)))
  const { state } = mergeContents(read, { ...emptyContents, pins: { [user]: { username: 'ann' } } })
  const written = JSON.parse(new TextDecoder().decode(encodeContents(state)))
  expect(written).toEqual({ ...grown, pins: { [user]: { accountKey: key(1), verified: true, username: 'ann' } } })
})

test.each([
  ['no JSON', 'x'],
  ['another version', '{"v":2,"pins":{},"heads":{}}'],
  ['a key that is none', `{"v":1,"pins":{"${users[0]}":{"accountKey":"x"}},"heads":{}}`],
  ['a user id that is none', '{"v":1,"pins":{"__proto__":{}},"heads":{}}'],
  [
    'a name without letters',
    `{"v":1,"pins":{},"heads":{"${chats[0]}":${JSON.stringify({ groupNo: 1, epoch: 1, contextHash: key(1), roster, profile: { name: '', seq: 1 } })}}}`,
  ],
  ['a head without its hash', `{"v":1,"pins":{},"heads":{"${chats[0]}":{"groupNo":1,"epoch":1}}}`],
])('%s is refused', (_, text) => {
  expect(() => decodeContents(new TextEncoder().encode(text))).toThrow(RangeError)
})

test('a key that was accepted knowingly replaces the pin, whichever side has it', () => {
  const [ann = ''] = users
  const before: AccountStateContents = { v: 1, pins: { [ann]: { accountKey: key(0), username: 'ann' } }, heads: {} }
  const accepted: AccountStateContents = {
    ...before,
    pins: { [ann]: { accountKey: key(1), username: 'ann' } },
    people: { [ann]: { acceptedKey: { n: 1, key: key(1) } } },
  }
  for (const { state } of [mergeContents(before, accepted), mergeContents(accepted, before)])
    expect(state.pins[ann]).toEqual({ accountKey: key(1), username: 'ann' })
})
