import type { Roster } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { groupOfDevices } from '../../testing/forge.ts'
import { createDevice, createPackage, createPerson, groupRoster, trustAll } from '../../testing/people.ts'
import type { CommitIntent } from '../mls/commit-to-group.ts'
import type { Group } from '../mls/group.ts'
import { refusalOfInvitation } from './judge-invitation.ts'

const [alice, bob, carol, dave] = [createPerson(), createPerson(), createPerson(), createPerson()]
const [a1, b1, c1] = [createDevice(alice), createDevice(bob), createDevice(carol)]
const { groups } = await groupOfDevices([a1, b1, c1])
const [admin = await Promise.reject(new Error('no group')), member = admin] = groups
const daves = createDevice(dave)
const davesPackage = await createPackage(daves)
const withDave = groupRoster([alice.userId], [bob.userId, carol.userId, dave.userId])

/** Makes a commit by a member that adds a device, and the facts that the device is told. */
async function invite(by: Group, intent: Omit<CommitIntent, 'trust'>) {
  const made = await by.commit({ ...intent, trust: trustAll })
  const { contextBytes: priorContext, confirmationTag: priorTag } = by.publicGroup
  return { group: made.pending.publicGroup, invitation: { commit: made.commit, priorContext, priorTag } }
}

const addDave = { add: [davesPackage.publicBytes], roster: withDave }

test('an admin may add a user, whose device learns who added it', async () => {
  const { group, invitation } = await invite(admin, addDave)
  expect(await refusalOfInvitation(group, invitation, daves)).toMatchObject({
    inviter: { userId: alice.userId, deviceId: a1.deviceId },
  })
})

test('a member may add a device of the same user', async () => {
  const second = createDevice(bob)
  const own = await createPackage(second)
  const { group, invitation } = await invite(member, { add: [own.publicBytes] })
  expect(await refusalOfInvitation(group, invitation, second)).toMatchObject({ inviter: { userId: bob.userId } })
})

test.each<[string, string, () => Promise<Awaited<ReturnType<typeof invite>>>]>([
  ['admin_only', 'a plain member lets somebody in', () => invite(member, addDave)],
  [
    'admin_only',
    'a plain member makes itself admin with the same commit',
    () =>
      invite(member, {
        ...addDave,
        roster: groupRoster([alice.userId, bob.userId], [carol.userId, dave.userId]) satisfies Roster,
      }),
  ],
  [
    'other_context',
    'the state before is that of another moment',
    async () => {
      const { group, invitation } = await invite(admin, addDave)
      const later = (await admin.commit({ trust: trustAll })).pending.publicGroup
      return { group, invitation: { ...invitation, priorContext: later.contextBytes } }
    },
  ],
  [
    'other_context',
    'the tag before is another',
    async () => {
      const { group, invitation } = await invite(admin, addDave)
      return { group, invitation: { ...invitation, priorTag: new Uint8Array(32) } }
    },
  ],
  [
    'other_context',
    'the commit is another than the one that made the group',
    async () => {
      const { group, invitation } = await invite(admin, addDave)
      return { group, invitation: { ...invitation, commit: (await admin.commit({ trust: trustAll })).commit } }
    },
  ],
  [
    'malformed',
    'the state before is no group context',
    async () => {
      const { group, invitation } = await invite(admin, addDave)
      return { group, invitation: { ...invitation, priorContext: invitation.priorContext.subarray(1) } }
    },
  ],
  [
    'malformed',
    'there is no commit',
    async () => {
      const { group, invitation } = await invite(admin, addDave)
      return { group, invitation: { ...invitation, commit: new Uint8Array(9) } }
    },
  ],
])('%s: %s', async (reason, _, made) => {
  const { group, invitation } = await made()
  expect(await refusalOfInvitation(group, invitation, daves)).toEqual({ reason })
})

test('a forged former state in which a member is admin is rejected', async () => {
  const { group, invitation } = await invite(member, addDave)
  const coup = await member.commit({ roster: groupRoster([bob.userId], [alice.userId, carol.userId]), trust: trustAll })
  const { contextBytes, confirmationTag } = coup.pending.publicGroup
  const forged = { ...invitation, priorContext: contextBytes, priorTag: confirmationTag }
  expect(await refusalOfInvitation(group, forged, daves)).toEqual({ reason: 'other_context' })
})
