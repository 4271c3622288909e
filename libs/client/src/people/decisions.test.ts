import type { PersonDecisions } from '@fastchat/schema'
import { toBase64Url } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Decisions, mergeDecisions } from './decisions.ts'

const key = (byte: number) => toBase64Url(new Uint8Array(32).fill(byte))
const n = fc.integer({ min: 1, max: 3 })
const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
const defined = <T extends object>(fields: T): T =>
  // The cast holds because only absent fields are left out.
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
const person = fc
  .record({
    standing: optional(fc.record({ n, is: fc.constantFrom('accepted' as const, 'blocked' as const, 'open' as const) })),
    mark: optional(fc.record({ n, key: optional(fc.nat(2).map(key)) }).map(defined)),
    acceptedKey: optional(fc.record({ n, key: fc.nat(2).map(key) })),
  })
  .map((fields) => defined(fields) as PersonDecisions)
const decisions = fc.record({
  people: fc.dictionary(fc.constantFrom('ann', 'ben'), person),
  chats: fc.dictionary(
    fc.constantFrom('one', 'two'),
    fc.record({ n, is: fc.constantFrom('accepted' as const, 'left' as const, 'forgotten' as const) }),
  ),
}) as fc.Arbitrary<Decisions>

test('devices that merge in any order come to the same decisions', () => {
  fc.assert(
    fc.property(decisions, decisions, decisions, (a, b, c) => {
      const merged = mergeDecisions(mergeDecisions(a, b), c)
      expect(mergeDecisions(c, mergeDecisions(b, a))).toEqual(merged)
      expect(mergeDecisions(merged, b)).toEqual(merged)
    }),
  )
})

test('no decision is lost or made older by a merge', () => {
  fc.assert(
    fc.property(decisions, decisions, (a, b) => {
      const merged = mergeDecisions(a, b)
      for (const side of [a, b])
        for (const [userId, { standing, mark, acceptedKey }] of Object.entries(side.people)) {
          const now = merged.people[userId]
          expect(now?.standing?.n ?? 0).toBeGreaterThanOrEqual(standing?.n ?? 0)
          expect(now?.mark?.n ?? 0).toBeGreaterThanOrEqual(mark?.n ?? 0)
          expect(now?.acceptedKey?.n ?? 0).toBeGreaterThanOrEqual(acceptedKey?.n ?? 0)
        }
    }),
  )
})

test('of two decisions at the same time the safer one counts', () => {
  const blocked: Decisions = { people: { ann: { standing: { n: 2, is: 'blocked' }, mark: { n: 1 } } }, chats: {} }
  const accepted: Decisions = {
    people: { ann: { standing: { n: 2, is: 'accepted' }, mark: { n: 1, key: key(1) } } },
    chats: {},
  }
  for (const merged of [mergeDecisions(blocked, accepted), mergeDecisions(accepted, blocked)])
    expect(merged.people.ann).toEqual({ standing: { n: 2, is: 'blocked' }, mark: { n: 1 } })
})

test('the later decision wins over the safer one', () => {
  const blocked: Decisions = { people: { ann: { standing: { n: 2, is: 'blocked' } } }, chats: {} }
  const opened: Decisions = { people: { ann: { standing: { n: 3, is: 'open' } } }, chats: {} }
  expect(mergeDecisions(blocked, opened).people.ann?.standing?.is).toBe('open')
})
