import type { Epoch, GroupNo } from '@fastchat/schema'
import { describe, expect, test } from 'vitest'
import {
  admin,
  claims,
  commitBy,
  direct,
  group,
  joinBy,
  leaf,
  member,
  threeUsers,
  twoUsers,
} from '../../testing/commit-cases.ts'
import { deviceId, userId } from '../../testing/people.ts'
import type { CommitRefusal } from './commit-rules.ts'
import { type CommitCase, judgeCommit } from './judge-commit.ts'
import { maxLeaves } from './max-leaves.ts'

const [adminLeaf, adminOther, bob, carol] = [leaf(0, 1, 11), leaf(1, 1, 12), leaf(2, 2, 21), leaf(3, 3, 31)]
const withoutCarol = group(admin(1), member(2))
const threeAdmins = group(admin(1), admin(2), member(3))

const lawful: [string, CommitCase][] = [
  ['a member renews its keys', commitBy(bob)],
  ['a member adds its own device', commitBy(bob, { adds: [claims(2, 22)] })],
  ['a member removes its own other device', commitBy(adminOther, { removes: [0] })],
  ['a member adds its own device in a direct chat', commitBy(bob2(), { adds: [claims(2, 22)] }, twoUsers)],
  ['a member repeats the roster', commitBy(bob, { roster: threeUsers.roster })],
  ['an admin adds a user with a device', commitBy(adminLeaf, { adds: [claims(4, 41)], roster: plus(member(4)) })],
  ['an admin adds a user who has no key package', commitBy(adminLeaf, { roster: plus(member(4)) })],
  ["an admin adds a listed user's device", commitBy(adminLeaf, { adds: [claims(2, 22)] })],
  ["an admin removes one of a user's devices", commitBy(adminLeaf, { removes: [2] })],
  ['an admin removes a user with all leaves', commitBy(adminLeaf, { removes: [3], roster: withoutCarol })],
  ['an admin promotes a member', commitBy(adminLeaf, { roster: threeAdmins })],
  [
    'an admin steps down beside another',
    commitBy(adminLeaf, { roster: group(member(1), admin(2), member(3)) }, { roster: threeAdmins }),
  ],
  ['anyone removes the departed', commitBy(bob, { removes: [3], roster: withoutCarol }, { departed: [3] })],
  [
    'anyone removes the departed from a direct chat, whose roster stays',
    commitBy(bob2(), { removes: [0] }, { ...twoUsers, departed: [1] }),
  ],
  [
    'the first member inherits when the last admin departs',
    commitBy(bob, { removes: [0, 1], roster: group(admin(2), member(3)) }, { departed: [1] }),
  ],
  ['anyone removes a revoked device', commitBy(bob, { removes: [1] }, { revoked: [deviceId(12)] })],
  [
    'a commit removes the departed and does more',
    commitBy(bob, { removes: [3], roster: withoutCarol, adds: [claims(2, 22)] }, { departed: [3] }),
  ],
  ['a departed user without leaves does not block commits', commitBy(bob, {}, { departed: [9] })],
  ['a listed user joins from outside', joinBy(2, 22)],
  ['a listed user without leaves joins from outside', joinBy(3, 32, {}, { leaves: threeUsers.leaves.slice(0, 3) })],
  ['a device takes the place of its own old leaf', joinBy(2, 21, { removes: [2] })],
  ['a device joins from outside while others are to be removed', joinBy(2, 22, {}, { departed: [3] })],
  [
    'a replayed commit leaves a revoked device in its place',
    { ...commitBy(bob, {}, { revoked: [deviceId(12)] }), isReplay: true },
  ],
  [
    'a replayed commit removes a revoked device',
    { ...commitBy(bob, { removes: [1] }, { revoked: [deviceId(12)] }), isReplay: true },
  ],
]

const unlawful: [CommitRefusal, string, CommitCase][] = [
  ['wrong_group', 'another group number', commitBy(bob, { groupNo: 2 as GroupNo })],
  ['stale_epoch', 'an epoch that is over', commitBy(bob, { epoch: 4 as Epoch })],
  ['stale_epoch', 'an epoch to come', commitBy(bob, { epoch: 6 as Epoch })],
  ['no_such_leaf', 'from a blank leaf', commitBy(leaf(9, 2, 21))],
  ['no_such_leaf', 'removing a blank leaf', commitBy(adminLeaf, { removes: [9] })],
  ['not_your_leaf', "from another user's leaf", { ...commitBy(bob), committer: carol }],
  ['not_your_leaf', "from one's other device's leaf", { ...commitBy(adminLeaf), committer: adminOther }],
  [
    'identity_changed',
    'a path with another user',
    commitBy(bob, { updateLeaf: { ...claims(2, 21), userId: userId(3) } }),
  ],
  [
    'identity_changed',
    'a path with another device',
    commitBy(bob, { updateLeaf: { ...claims(2, 21), deviceId: deviceId(22) } }),
  ],
  [
    'identity_changed',
    'a path with another account key',
    commitBy(bob, { updateLeaf: { ...claims(2, 21), accountKey: claims(3, 31).accountKey } }),
  ],
  [
    'identity_changed',
    'a path with another signature key',
    commitBy(bob, { updateLeaf: { ...claims(2, 21), signatureKey: claims(2, 22).signatureKey } }),
  ],
  ['self_removal', 'a member removes its own leaf', commitBy(bob, { removes: [2] })],
  ['admin_only', 'a member adds a user', commitBy(bob, { adds: [claims(4, 41)], roster: plus(member(4)) })],
  ['admin_only', "a member adds another's device", commitBy(bob, { adds: [claims(3, 32)] })],
  ['admin_only', "a member removes another's leaf", commitBy(bob, { removes: [3] })],
  ['admin_only', 'a member removes a user', commitBy(bob, { removes: [3], roster: withoutCarol })],
  ['admin_only', 'a member makes itself admin', commitBy(bob, { roster: threeAdmins })],
  [
    'admin_only',
    'a member removes the departed and promotes itself',
    commitBy(bob, { removes: [3], roster: group(admin(1), admin(2)) }, { departed: [3] }),
  ],
  [
    'order_changed',
    'an admin puts one member before another',
    commitBy(adminLeaf, { roster: group(admin(1), member(3), member(2)) }),
  ],
  [
    'order_changed',
    'an admin puts a newcomer before those who were there',
    commitBy(adminLeaf, { adds: [claims(4, 41)], roster: group(admin(1), member(4), member(2), member(3)) }),
  ],
  [
    'direct_fixed',
    'the two of a direct chat change places',
    commitBy(bob2(), { roster: direct(member(2), member(1)) }, twoUsers),
  ],
  [
    'admin_only',
    'a member removes a revoked device and another',
    commitBy(bob, { removes: [1, 3] }, { revoked: [deviceId(12)] }),
  ],
  [
    'direct_fixed',
    'a third person in a direct chat',
    commitBy(bob2(), { roster: direct(member(1), member(2), member(3)) }, twoUsers),
  ],
  ['direct_fixed', 'an admin in a direct chat', commitBy(bob2(), { roster: direct(member(1), admin(2)) }, twoUsers)],
  ['direct_fixed', "the other's device added to a direct chat", commitBy(bob2(), { adds: [claims(1, 12)] }, twoUsers)],
  ['direct_fixed', "the other's leaf removed from a direct chat", commitBy(bob2(), { removes: [0] }, twoUsers)],
  ['kind_changed', 'a direct chat made a group', commitBy(bob2(), { roster: group(admin(1), admin(2)) }, twoUsers)],
  [
    'kind_changed',
    'a group made a direct chat',
    commitBy(adminLeaf, { roster: { ...threeUsers.roster, kind: 'direct' } }),
  ],
  ['not_in_roster', 'a device added whose user is not listed', commitBy(adminLeaf, { adds: [claims(4, 41)] })],
  ['not_in_roster', 'a user unlisted with a leaf left', commitBy(adminLeaf, { roster: withoutCarol })],
  [
    'not_in_roster',
    'an admin unlists itself',
    commitBy(adminLeaf, { removes: [1], roster: group(admin(2), member(3)) }),
  ],
  ['not_in_roster', 'an unlisted user joins from outside', joinBy(4, 41)],
  ['last_admin', 'the last admin steps down', commitBy(adminLeaf, { roster: group(member(1), member(2), member(3)) })],
  ['duplicate_device', 'a device added again', commitBy(bob, { adds: [claims(2, 21)] })],
  [
    'duplicate_device',
    'a device added twice',
    commitBy(bob, { adds: [claims(2, 22), { ...claims(2, 22), ref: 'other' }] }),
  ],
  ['duplicate_device', 'a device joins again and leaves its old leaf', joinBy(2, 21)],
  ['duplicate_device', "a device under another user's name", joinBy(2, 31)],
  ['revoked_device', 'a revoked device added', commitBy(bob, { adds: [claims(2, 22)] }, { revoked: [deviceId(22)] })],
  ['revoked_device', 'a revoked device joins', joinBy(2, 22, {}, { revoked: [deviceId(22)] })],
  ['departed_user', 'a departed user joins', joinBy(2, 22, {}, { departed: [2] })],
  ['commit_first', "a departed user's leaf stays", commitBy(bob, {}, { departed: [3] })],
  ['commit_first', 'a departed user stays in the roster', commitBy(bob, { removes: [3] }, { departed: [3] })],
  ['commit_first', 'a revoked leaf stays', commitBy(adminLeaf, {}, { revoked: [deviceId(21)] })],
  ['commit_first', 'a departed user commits', commitBy(bob, {}, { departed: [2] })],
  ['revoked_device', 'a revoked device commits', commitBy(bob, {}, { revoked: [deviceId(21)] })],
  [
    'revoked_device',
    'a revoked device commits, replayed',
    { ...commitBy(bob, {}, { revoked: [deviceId(21)] }), isReplay: true },
  ],
  [
    'revoked_device',
    'a revoked device takes the place of its own leaf',
    joinBy(2, 21, { removes: [2] }, { revoked: [deviceId(21)] }),
  ],
  [
    'revoked_device',
    'a revoked device joins, replayed',
    { ...joinBy(2, 22, {}, { revoked: [deviceId(22)] }), isReplay: true },
  ],
  [
    'revoked_device',
    'a revoked device is added, replayed',
    { ...commitBy(bob, { adds: [claims(2, 22)] }, { revoked: [deviceId(22)] }), isReplay: true },
  ],
  ['external_excess', "a joiner removes somebody else's leaf", joinBy(2, 22, { removes: [3] })],
  ['external_excess', "a joiner removes its user's other device", joinBy(1, 13, { removes: [1] })],
  ['external_excess', 'a joiner adds a device', joinBy(2, 22, { adds: [claims(2, 23)] })],
  ['external_excess', 'a joiner changes the roster', joinBy(1, 13, { roster: threeAdmins })],
  ['external_excess', 'a joiner carries a roster at all', joinBy(1, 13, { roster: threeUsers.roster })],
  ['not_your_leaf', "a joiner with another's credential", { ...joinBy(2, 22), committer: carol }],
  [
    'identity_changed',
    'a rejoin with another account key',
    joinBy(2, 21, { removes: [2], updateLeaf: { ...claims(2, 21), accountKey: claims(9, 9).accountKey } }),
  ],
]

describe('judgeCommit applies commitPowers', () => {
  test.each(lawful)('accepts: %s', (_, input) => {
    expect(judgeCommit(input)).toMatchObject({ ok: true })
  })

  test.each(unlawful)('%s: %s', (reason, _, input) => {
    expect(judgeCommit(input)).toEqual({ ok: false, reason })
  })

  test('a full group rejects more leaves', () => {
    const leaves = Array.from({ length: maxLeaves }, (_, n) => leaf(n, 1, 1000 + n))
    const first = leaf(0, 1, 1000)
    const state = { leaves, roster: group(admin(1)) }
    expect(judgeCommit(commitBy(first, {}, state))).toMatchObject({ ok: true })
    expect(judgeCommit(commitBy(first, { adds: [claims(1, 1)] }, state))).toEqual({ ok: false, reason: 'group_full' })
  })

  test('unknown keys are not compared', () => {
    const leaves = threeUsers.leaves.map(({ leafIndex, userId, deviceId }) => ({ leafIndex, userId, deviceId }))
    expect(judgeCommit(commitBy(bob, {}, { leaves }))).toMatchObject({ ok: true })
  })
})

describe('the changes of a commit', () => {
  test('adds take the leftmost blank leaves, also those just removed', () => {
    const input = commitBy(adminLeaf, {
      removes: [2, 3],
      adds: [claims(2, 22), claims(4, 41), claims(4, 42)],
      roster: group(admin(1), member(2), member(4)),
    })
    expect(judgeCommit(input)).toEqual({
      ok: true,
      change: {
        addedLeaves: [bare(2, 2, 22), bare(3, 4, 41), bare(4, 4, 42)],
        removedLeaves: [2, 3],
        updatedLeaf: 0,
        roster: group(admin(1), member(2), member(4)),
        rosterChanged: true,
        nextLeaves: [bare(0, 1, 11), bare(1, 1, 12), bare(2, 2, 22), bare(3, 4, 41), bare(4, 4, 42)],
      },
    })
  })

  test('an external joiner takes the leftmost blank leaf, and its old leaf is removed', () => {
    expect(judgeCommit(joinBy(3, 31, { removes: [3] }, { leaves: [leaf(1, 1, 12), leaf(3, 3, 31)] }))).toEqual({
      ok: true,
      change: {
        addedLeaves: [bare(0, 3, 31)],
        removedLeaves: [3],
        roster: threeUsers.roster,
        rosterChanged: false,
        nextLeaves: [bare(0, 3, 31), bare(1, 1, 12)],
      },
    })
  })
})

function bare(leafIndex: number, u: number, d: number) {
  return { leafIndex, userId: userId(u), deviceId: deviceId(d) }
}

/** Returns the leaf of user 2 in the direct chat. */
function bob2() {
  return leaf(1, 2, 21)
}

/** Returns the roster of the three users and one more. */
function plus(one: ReturnType<typeof member>) {
  return group(...threeUsers.roster.members, one)
}
