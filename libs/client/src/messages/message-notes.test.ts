import { editableForMs, type MessageId, type UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type MessageNotes,
  maxDistinctEmoji,
  maxReactionsOfUser,
  maxVersions,
  reactionsOf,
  withOperation,
} from './message-notes.ts'
import type { Operation } from './operation.ts'

// Ids are only compared here.
const [ana, ben, cleo] = ['ana', 'ben', 'cleo'] as UserId[] as [UserId, UserId, UserId]
const target = 'target' as MessageId
const message = { from: ana, at: 1_000, payload: { v: 1, kind: 'text', text: 'hello' } } as const
const emoji = ['👍', '❤️', '😂', '🎉', '😮', '😢', '🙏', '🔥', '👀', '🚀']

const operation = (seq: number, from: UserId, payload: object, more: Partial<Operation> = {}): Operation => ({
  ...{ id: `id ${seq}` as MessageId, seq, at: 1_000 + seq, from, power: 'member' },
  payload: { v: 1, target, ...payload } as Operation['payload'],
  ...more,
})
const all = (operations: readonly Operation[], before: MessageNotes = {}) =>
  operations.reduce((notes, one) => withOperation(notes, message, one), before)

describe('an edit', () => {
  const edit = (from: UserId, more: Partial<Operation> = {}) =>
    all([operation(5, from, { kind: 'edit', text: 'hi' }, more)])

  test('is by the author only', () => {
    expect(edit(ana).edits).toMatchObject([{ text: 'hi' }])
    expect(edit(ben)).toEqual({})
    expect(edit(ben, { power: 'admin' })).toEqual({})
  })

  test('is within a day, by the times of the log', () => {
    expect(edit(ana, { at: message.at + editableForMs }).edits).toHaveLength(1)
    expect(edit(ana, { at: message.at + editableForMs + 1 })).toEqual({})
  })

  test('changes nothing but texts and captions', () => {
    const unknown = { ...message, payload: { kind: 'unknown' } } as const
    expect(withOperation({}, unknown, operation(5, ana, { kind: 'edit', text: 'hi' }))).toEqual({})
  })

  test('is one of the newest that are kept', () => {
    const many = Array.from({ length: 30 }, (_, n) => operation(n + 2, ana, { kind: 'edit', text: String(n) }))
    expect(all(many).edits).toHaveLength(maxVersions)
    expect(all(many).edits?.at(-1)?.text).toBe('29')
  })
})

test('only the author and admins delete for everyone', () => {
  const deletion = (from: UserId, power: Operation['power']) =>
    all([operation(5, from, { kind: 'delete' }, { power })]).deleted?.by
  expect(deletion(ana, 'member')).toBe(ana)
  expect(deletion(ben, 'admin')).toBe(ben)
  expect(deletion(ben, 'member')).toBeUndefined()
  // In a direct chat neither person can delete messages of the other one.
  expect(deletion(ben, 'peer')).toBeUndefined()
})

test('a deletion takes versions and reactions with it, and nothing follows', () => {
  const before = all([
    operation(2, ana, { kind: 'edit', text: 'secret' }),
    operation(3, ben, { kind: 'reaction', emoji: '👍' }),
  ])
  const deleted = all([operation(4, ana, { kind: 'delete' })], before)
  expect(deleted).toEqual({ deleted: { seq: 4, at: 1_004, by: ana } })
  const later = [operation(5, ana, { kind: 'edit', text: 'x' }), operation(6, ben, { kind: 'reaction', emoji: '👍' })]
  expect(all(later, deleted)).toBe(deleted)
})

describe('reactions', () => {
  const react = (seq: number, from: UserId, emoji: string, remove = false) =>
    operation(seq, from, { kind: 'reaction', emoji, ...(remove && { remove }) })

  test('count once per user and emoji, and end', () => {
    const notes = all([react(2, ana, '👍'), react(3, ana, '👍'), react(4, ben, '👍'), react(5, ben, '❤️')])
    expect(reactionsOf(notes)).toEqual([
      { emoji: '👍', users: [ana, ben] },
      { emoji: '❤️', users: [ben] },
    ])
    expect(reactionsOf(all([react(6, ana, '👍', true)], notes))[0]).toEqual({ emoji: '👍', users: [ben] })
  })

  test('are one emoji', () => {
    for (const text of ['👍👍', 'ok', '', '\u202e']) expect(all([react(2, ben, text)])).toEqual({})
  })

  test('are bounded, for each user and in all', () => {
    const bens = emoji.map((one, n) => react(n + 2, ben, one))
    expect(all(bens).reactions).toHaveLength(maxReactionsOfUser)
    const flags = Array.from({ length: 26 }, (_, n) => String.fromCodePoint(0x1f1e6, 0x1f1e6 + n))
    const many = flags.map((flag, n) => react(n + 2, `user ${n}` as UserId, flag))
    expect(reactionsOf(all(many)).length).toBeLessThanOrEqual(maxDistinctEmoji)
  })
})

test('any order of operations, with any repeats, gives the same notes', () => {
  const payload = fc.oneof(
    fc.record({ kind: fc.constant('edit'), text: fc.string({ minLength: 1 }) }),
    fc.record({ kind: fc.constant('delete') }),
    fc.record({ kind: fc.constant('reaction'), emoji: fc.constantFrom(...emoji), remove: fc.boolean() }),
  )
  const one = fc.record({
    payload,
    from: fc.constantFrom(ana, ben, cleo),
    power: fc.constantFrom<Operation['power']>('admin', 'member', 'member', 'member'),
  })
  const log = fc.array(one, { maxLength: 60 }).chain((given) => {
    const operations = given.map(({ payload, from, power }, n) => operation(n + 2, from, payload, { power }))
    const repeats = operations.length === 0 ? fc.constant([]) : fc.array(fc.constantFrom(...operations))
    const order = repeats.chain((more) => {
      const both = [...operations, ...more]
      return fc.shuffledSubarray(both, { minLength: both.length })
    })
    return order.map((shuffled) => ({ operations, shuffled }))
  })
  fc.assert(
    fc.property(log, ({ operations, shuffled }) => {
      expect(all(shuffled)).toEqual(all(operations))
    }),
    { numRuns: 300 },
  )
})
