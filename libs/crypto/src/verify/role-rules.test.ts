import type { Roster, RosterMember, UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { admin, claims, commitBy, group, joinBy, leaf, member, owner } from '../../testing/commit-cases.ts'
import { deviceId, userId } from '../../testing/people.ts'
import type { CommitRefusal } from './commit-rules.ts'
import { type CommitCase, judgeCommit } from './judge-commit.ts'
import { judgeCreation } from './judge-creation.ts'
import { ownerOf, roleOf } from './roster.ts'

/**
 * User 1 owns the group, 2 and 3 are admins, 4 and 5 members. Device n1 of user n is on leaf n - 1.
 */
const five = group(owner(1), admin(2), admin(3), member(4), member(5))
const leaves = [1, 2, 3, 4, 5].map((n) => leaf(n - 1, n, 10 * n + 1))
const of = (n: number) => leaf(n - 1, n, 10 * n + 1)
const commit = (
  n: number,
  content: Partial<CommitCase['handshake']> = {},
  around: Parameters<typeof commitBy>[2] = {},
): CommitCase => commitBy(of(n), content, { roster: five, leaves, ...around })

const changed = (changes: Readonly<Record<number, RosterMember | undefined>>, roster: Roster = five): Roster => ({
  ...roster,
  members: roster.members.flatMap((one) => {
    const n = Number.parseInt(one.userId.slice(-12), 16)
    return n in changes ? (changes[n] ?? []) : one
  }),
})
const plus = (roster: Roster, ...more: RosterMember[]): Roster => ({ ...roster, members: [...roster.members, ...more] })
const open: Roster = { ...five, policies: { add: 'everybody' } }
const bans: Roster = { ...five, banned: [userId(9)] }

const lawful: [string, CommitCase][] = [
  ['the owner hands the group over', commit(1, { roster: changed({ 1: admin(1), 4: owner(4) }) })],
  ['the owner hands it over and is a member then', commit(1, { roster: changed({ 1: member(1), 2: owner(2) }) })],
  ['the owner demotes an admin', commit(1, { roster: changed({ 2: member(2) }) })],
  ['the owner removes an admin', commit(1, { removes: [1], roster: changed({ 2: undefined }) })],
  ['an admin promotes a member', commit(2, { roster: changed({ 4: admin(4) }) })],
  ['an admin removes a member', commit(2, { removes: [3], roster: changed({ 4: undefined }) })],
  ['an admin steps down', commit(2, { roster: changed({ 2: member(2) }) })],
  [
    'an admin changes policies and bans',
    commit(2, { roster: { ...five, policies: { write: 'admins' }, banned: [userId(9)] } }),
  ],
  ['an admin lifts a ban', commit(2, { roster: five }, { roster: bans })],
  [
    'an admin removes and bans',
    commit(2, { removes: [3], roster: { ...changed({ 4: undefined }), banned: [userId(4)] } }),
  ],
  ['an admin removes a revoked device of the owner', commit(2, { removes: [0] }, { revoked: [deviceId(11)] })],
  [
    'a member commits the departure of the owner',
    commit(4, { removes: [0], roster: changed({ 1: undefined, 2: owner(2) }) }, { departed: [1] }),
  ],
  [
    'an admin of a group without owner names one',
    commitBy(leaf(0, 1, 11), { roster: group(owner(1), member(2), member(3)) }),
  ],
  [
    'an admin of a group without owner demotes another',
    commitBy(
      leaf(0, 1, 11),
      { roster: group(admin(1), member(2), member(3)) },
      { roster: group(admin(1), admin(2), member(3)) },
    ),
  ],
  [
    'a member adds where everybody may',
    commit(4, { adds: [claims(6, 61)], roster: plus(open, member(6)) }, { roster: open }),
  ],
  ['a member adds somebody without a device', commit(4, { roster: plus(open, member(6)) }, { roster: open })],
  [
    'a member adds, and removes who left',
    commit(
      4,
      { adds: [claims(6, 61)], removes: [4], roster: plus(changed({ 5: undefined }, open), member(6)) },
      { roster: open, departed: [5] },
    ),
  ],
  ['a member adds a device of its own to a group with bans', commit(4, { adds: [claims(4, 42)] }, { roster: bans })],
]

const unlawful: [CommitRefusal, string, CommitCase][] = [
  ['owner_only', 'an admin demotes an admin', commit(2, { roster: changed({ 3: member(3) }) })],
  ['owner_only', 'an admin removes an admin', commit(2, { removes: [2], roster: changed({ 3: undefined }) })],
  ['owner_only', "an admin removes an admin's device", commit(2, { removes: [2] })],
  [
    'owner_only',
    'an admin removes the owner',
    commit(2, { removes: [0], roster: changed({ 1: undefined, 2: owner(2) }) }),
  ],
  ['owner_only', "an admin removes the owner's device", commit(2, { removes: [0] })],
  ['owner_only', 'an admin takes the group', commit(2, { roster: changed({ 1: admin(1), 2: owner(2) }) })],
  ['owner_only', 'an admin demotes the owner', commit(2, { roster: changed({ 1: admin(1) }) })],
  ['one_owner', 'an admin names a second owner', commit(2, { roster: changed({ 4: owner(4) }) })],
  ['one_owner', 'the owner names a second owner', commit(1, { roster: changed({ 4: owner(4) }) })],
  ['one_owner', 'the owner steps down and names nobody', commit(1, { roster: changed({ 1: admin(1) }) })],
  [
    'owner_only',
    'the departure of the owner makes another admin owner',
    commit(3, { removes: [0], roster: changed({ 1: undefined, 3: owner(3) }) }, { departed: [1] }),
  ],
  [
    'admin_only',
    'a member makes itself heir',
    commit(4, { removes: [0], roster: changed({ 1: undefined, 4: owner(4) }) }, { departed: [1] }),
  ],
  [
    'admin_only',
    'a member adds where only admins may',
    commit(4, { adds: [claims(6, 61)], roster: plus(five, member(6)) }),
  ],
  [
    'admin_only',
    'a member adds an admin',
    commit(4, { adds: [claims(6, 61)], roster: plus(open, admin(6)) }, { roster: open }),
  ],
  [
    'admin_only',
    'a member adds and promotes itself',
    commit(4, { roster: plus(changed({ 4: admin(4) }, open), member(6)) }, { roster: open }),
  ],
  [
    'admin_only',
    'a member adds and removes another',
    commit(4, { removes: [4], roster: plus(changed({ 5: undefined }, open), member(6)) }, { roster: open }),
  ],
  ['admin_only', "a member adds another's device", commit(4, { adds: [claims(5, 52)] }, { roster: open })],
  [
    'admin_only',
    'a member adds and changes the policies',
    commit(4, { roster: plus({ ...open, policies: {} }, member(6)) }, { roster: open }),
  ],
  [
    'admin_only',
    'a member adds and bans',
    commit(4, { roster: { ...plus(open, member(6)), banned: [userId(9)] } }, { roster: open }),
  ],
  ['admin_only', 'a member changes who may write', commit(4, { roster: { ...five, policies: { write: 'admins' } } })],
  ['admin_only', 'a member lifts a ban', commit(4, { roster: five }, { roster: bans })],
  [
    'banned_user',
    'an admin adds a banned user',
    commit(2, { adds: [claims(9, 91)], roster: plus(bans, member(9)) }, { roster: bans }),
  ],
  [
    'banned_user',
    'an admin adds a banned user and lifts the ban',
    commit(2, { adds: [claims(9, 91)], roster: plus(five, member(9)) }, { roster: bans }),
  ],
  [
    'banned_user',
    'a member adds a banned user',
    commit(
      4,
      { adds: [claims(9, 91)], roster: plus({ ...open, banned: [userId(9)] }, member(9)) },
      { roster: { ...open, banned: [userId(9)] } },
    ),
  ],
  ['banned_user', 'an admin bans somebody who stays', commit(2, { roster: { ...five, banned: [userId(4)] } })],
  [
    'roster_version',
    'a device of the group cannot read the roster',
    commitBy(
      leaf(0, 1, 11),
      { roster: group(owner(1), member(2), member(3)) },
      { leaves: [leaf(0, 1, 11), { ...leaf(2, 2, 21), isOld: true }, leaf(3, 3, 31)] },
    ),
  ],
  [
    'roster_version',
    'a device that is added cannot read it',
    commit(2, { adds: [claims(6, 61)], bringsOldLeaf: true, roster: plus(five, member(6)) }),
  ],
  [
    'roster_version',
    'a device joins that cannot read it',
    joinBy(4, 42, { bringsOldLeaf: true }, { roster: five, leaves }),
  ],
]

test.each(lawful)('lawful: %s', (_, input) => expect(judgeCommit(input)).toMatchObject({ ok: true }))
test.each(unlawful)('%s: %s', (reason, _, input) => expect(judgeCommit(input)).toEqual({ ok: false, reason }))

test('the commit by which the last old device renews itself may bring a roster of version 2', () => {
  const old = [{ ...leaf(0, 1, 11), isOld: true as const }, leaf(2, 2, 21), leaf(3, 3, 31)]
  const roster = group(owner(1), member(2), member(3))
  expect(judgeCommit(commitBy(leaf(0, 1, 11), { roster }, { leaves: old }))).toMatchObject({ ok: true })
})

describe('the first commit of a group', () => {
  const first = (roster: Roster, by = 1, previous?: { roster: Roster; isRestored?: boolean }) => {
    const { handshake, committer } = commitBy(leaf(0, by, 10 * by + 1), { epoch: 0 as never, roster })
    const groupNo = (previous ? 2 : 1) as never
    return judgeCreation({
      ...{ handshake: { ...handshake, groupNo }, creator: committer, conversation: handshake.conversation, groupNo },
      ...{ revoked: [], ...(previous && { previous: { departed: [], ...previous } }) },
    })
  }
  test('makes only its creator the owner', () => {
    expect(first(group(owner(1), member(2)))).toMatchObject({ ok: true })
    expect(first(group(admin(1), owner(2)))).toEqual({ ok: false, reason: 'owner_only' })
    expect(first(group(owner(1), owner(2)))).toEqual({ ok: false, reason: 'one_owner' })
  })
  test('of a successor keeps owner and admins, unless its creator is the owner', () => {
    expect(first(five, 2, { roster: five })).toMatchObject({ ok: true })
    const bad = { ok: false, reason: 'bad_succession' }
    expect(first(changed({ 1: member(1) }), 2, { roster: five })).toEqual(bad)
    expect(first(changed({ 3: undefined }), 2, { roster: five })).toEqual(bad)
    expect(first(changed({ 3: member(3) }), 1, { roster: five })).toMatchObject({ ok: true })
    expect(first(changed({ 1: admin(1) }), 2, { roster: five, isRestored: true })).toMatchObject({ ok: true })
  })
})

const anyRole = fc.constantFrom('owner', 'admin', 'member', undefined)
const anyStep = fc.record({
  by: fc.integer({ min: 1, max: 5 }),
  roles: fc.array(anyRole, { minLength: 6, maxLength: 6 }),
  add: fc.constantFrom(undefined, 'everybody' as const),
  bans: fc.boolean(),
})

test('on any walk of accepted rosters, only the owner takes power from owner and admins', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 20 }), (steps) => {
      let roster: Roster = five
      for (const { by, roles, add, bans: areBanned } of steps) {
        const before = roster
        const me = userId(by)
        if (roleOf(before, me) === undefined) continue
        const members = [1, 2, 3, 4, 5, 6].flatMap((n) => {
          const role = roles[n - 1]
          const id: UserId = userId(n)
          const isIn = roleOf(before, id) !== undefined
          return role === undefined || (!isIn && role !== 'member') ? [] : [{ userId: id, role }]
        })
        const staying = members.filter(({ userId: id }) => roleOf(before, id) !== undefined)
        const order = before.members.map(({ userId: id }) => id)
        staying.sort((a, b) => order.indexOf(a.userId) - order.indexOf(b.userId))
        const fresh = members.filter(({ userId: id }) => roleOf(before, id) === undefined)
        const next: Roster = {
          ...{ kind: 'group', members: [...staying, ...fresh] },
          ...(add && { policies: { add } }),
          ...(areBanned && { banned: [userId(6)] }),
        }
        const all = before.members.map(({ userId: id }) => {
          const n = Number.parseInt(id.slice(-12), 16)
          return leaf(n - 1, n, 10 * n + 1)
        })
        const removes = all.filter((one) => roleOf(next, one.userId) === undefined).map(({ leafIndex }) => leafIndex)
        const judged = judgeCommit(commitBy(of(by), { roster: next, removes }, { roster: before, leaves: all }))
        if (!judged.ok) continue
        expect(next.members.filter(({ role }) => role === 'owner')).toHaveLength(1)
        for (const { userId: id, role } of before.members) {
          if (role === 'member' || id === me || ownerOf(before) === me) continue
          expect(roleOf(next, id)).toBe(role)
        }
        const added = next.members.filter(({ userId: id }) => roleOf(before, id) === undefined)
        if (added.length > 0 && roleOf(before, me) === 'member') expect(before.policies?.add).toBe('everybody')
        for (const one of added) expect([...(before.banned ?? []), ...(next.banned ?? [])]).not.toContain(one.userId)
        if (roleOf(before, me) === 'member') expect(next.banned).toEqual(before.banned)
        roster = next
      }
    }),
    { numRuns: 300 },
  )
})
