import type { Epoch, GroupNo } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { admin, claims, commitBy, direct, group, leaf, member } from '../../testing/commit-cases.ts'
import { conversation, deviceId, groupNo, userId } from '../../testing/people.ts'
import type { CommitRefusal } from './commit-rules.ts'
import type { Handshake } from './handshake.ts'
import { type CreationCase, judgeCreation } from './judge-creation.ts'

const pair = direct(member(1), member(2))
const trio = group(admin(1), member(2), member(3))

/** Makes the first commit, by device 11 of user 1. */
function creation(content: Partial<Handshake>, around: Partial<CreationCase> = {}): CreationCase {
  const { handshake, committer } = commitBy(leaf(0, 1, 11), { epoch: 0 as Epoch, ...content })
  return { handshake, creator: committer, conversation, groupNo, revoked: [], ...around }
}

const successor = (content: Partial<Handshake>, roster = trio, departed: number[] = []) =>
  creation(
    { groupNo: 2 as GroupNo, ...content },
    { groupNo: 2 as GroupNo, previous: { roster, departed: departed.map(userId) } },
  )

const lawful: [string, CreationCase][] = [
  ['a group with devices of others', creation({ roster: trio, adds: [claims(2, 21), claims(1, 12)] })],
  ['a group with its creator only', creation({ roster: group(admin(1)) })],
  ['a direct chat', creation({ roster: pair, adds: [claims(2, 21)] })],
  ['a direct chat whose other person has no key package', creation({ roster: pair })],
  ['a direct chat with oneself', creation({ roster: direct(member(1)) })],
  ['a successor with the same roster', successor({ roster: trio })],
  ['a successor without the departed', successor({ roster: group(admin(1), member(2)) }, trio, [3])],
  [
    'a successor whose creator inherits',
    successor({ roster: group(admin(1), member(2)) }, group(member(1), member(2), admin(3)), [3]),
  ],
  ['a successor with fewer members', successor({ roster: group(admin(1), member(2)) })],
  ['a successor with a lower role', successor({ roster: group(admin(1), member(2)) }, group(admin(1), admin(2)))],
  ['a successor of a direct chat, by either', successor({ roster: pair }, pair)],
]

const unlawful: [CommitRefusal, string, CreationCase][] = [
  ['wrong_group', 'another group number', creation({ roster: trio, groupNo: 2 as GroupNo })],
  ['bad_creation', 'not at epoch 0', creation({ roster: trio, epoch: 1 as Epoch })],
  ['bad_creation', 'not from leaf 0', creation({ roster: trio, sender: { type: 'member', leafIndex: 1 } })],
  ['bad_creation', 'from outside', creation({ roster: trio, sender: { type: 'external' } })],
  ['bad_creation', 'without a roster', creation({ adds: [claims(1, 12)] })],
  ['bad_creation', 'with a removal', creation({ roster: trio, removes: [1] })],
  ['direct_fixed', 'a direct chat of three', creation({ roster: direct(member(1), member(2), member(3)) })],
  ['not_in_roster', 'a direct chat of two others', creation({ roster: direct(member(2), member(3)) })],
  ['direct_fixed', 'a direct chat with an admin', creation({ roster: direct(admin(1), member(2)) })],
  ['not_your_leaf', "another's leaf", creation({ roster: trio, updateLeaf: claims(2, 21) })],
  ['admin_only', 'a group whose creator is not its admin', creation({ roster: group(member(1), admin(2)) })],
  ['not_in_roster', 'a device of a user who is not listed', creation({ roster: pair, adds: [claims(3, 31)] })],
  ['duplicate_device', 'its own device again', creation({ roster: trio, adds: [claims(1, 11)] })],
  [
    'revoked_device',
    'a revoked device',
    creation({ roster: trio, adds: [claims(2, 21)] }, { revoked: [deviceId(21)] }),
  ],
  ['revoked_device', 'by a revoked device', creation({ roster: trio }, { revoked: [deviceId(11)] })],
  [
    'bad_succession',
    'a successor to nothing',
    creation({ roster: trio, groupNo: 2 as GroupNo }, { groupNo: 2 as GroupNo }),
  ],
  [
    'bad_succession',
    'a first group with one before',
    creation({ roster: trio }, { previous: { roster: trio, departed: [] } }),
  ],
  ['bad_succession', 'a successor with a new member', successor({ roster: trio }, group(admin(1), member(2)))],
  ['bad_succession', 'a successor with a higher role', successor({ roster: group(admin(1), admin(2)) }, trio)],
  [
    'bad_succession',
    'a direct chat’s successor without one of the two',
    successor({ roster: direct(member(1)) }, pair),
  ],
  ['bad_succession', 'a successor that keeps the departed', successor({ roster: trio }, trio, [3])],
  [
    'admin_only',
    'a successor by a member',
    successor({ roster: group(member(1), admin(2)) }, group(member(1), admin(2))),
  ],
  ['departed_user', 'a successor by a departed user', successor({ roster: pair }, pair, [1])],
]

test.each(lawful)('accepts: %s', (_, input) => {
  expect(judgeCreation(input)).toMatchObject({ ok: true })
})

test.each(unlawful)('%s: %s', (reason, _, input) => {
  expect(judgeCreation(input)).toEqual({ ok: false, reason })
})

test('the creator has leaf 0, and added devices follow', () => {
  const judgement = judgeCreation(creation({ roster: trio, adds: [claims(2, 21), claims(3, 31)] }))
  expect(judgement).toMatchObject({
    change: {
      updatedLeaf: 0,
      rosterChanged: true,
      nextLeaves: [11, 21, 31].map((d, leafIndex) => ({ leafIndex, deviceId: deviceId(d) })),
    },
  })
})
