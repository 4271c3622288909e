/**
 * Commits that the public group accepts and a member cannot follow. The check that fails shows who
 * is to blame.
 */
import { expect, test } from 'vitest'
import {
  flipped,
  forgeConfirmationTag,
  forgeGroupInfo,
  forgePathFor,
  forgePathKeys,
  groupOfDevices,
} from '../../testing/forge.ts'
import { createDevice, createPerson, noChecks, trustAll } from '../../testing/people.ts'
import { readGroupInfo } from '../verify/group-info.ts'
import { refusalOfGroupInfo } from '../verify/match-group-info.ts'
import { CannotProcess, type CannotProcessCode } from './errors.ts'
import { Group } from './group.ts'

const [alice, bob, carol] = [createPerson(), createPerson(), createPerson()]
const bobs = createDevice(bob)
const made = await groupOfDevices([createDevice(alice), bobs, createDevice(carol)])
const [admin, author, victim] = made.groups as [Group, Group, Group]

/** The tags are at the end of a commit: 32 bytes and their length each. */
const tagBytes = 33
const honest = await author.commit({ trust: trustAll })
const joined = await Group.joinExternally({ groupInfo: made.groupInfo, identity: createDevice(bob), trust: trustAll })

async function failureOf(commit: Uint8Array, at = victim): Promise<CannotProcess> {
  const error = await at.process(commit, noChecks).catch((thrown: unknown) => thrown)
  if (!(error instanceof CannotProcess)) throw new Error('followed', { cause: error })
  return error
}

test.each<[string, CannotProcessCode, () => Promise<Uint8Array>]>([
  ['a membership tag that no member made', 'bad_membership_tag', async () => flipped(honest.commit)],
  [
    'a confirmation tag changed without the keys',
    'bad_membership_tag',
    async () => flipped(honest.commit, 1 + tagBytes),
  ],
  ['a signature of somebody else', 'bad_signature', async () => flipped(honest.commit, 1 + 2 * tagBytes)],
  ['another confirmation tag', 'bad_confirmation_tag', () => forgeConfirmationTag(author, honest.commit)],
  ['a path secret for another key', 'bad_path', async () => (await forgePathFor(author, victim.ownLeafIndex)).commit],
  ['a path key of another secret', 'bad_path', async () => (await forgePathKeys(author, [2])).commit],
  ['a join with another confirmation tag', 'bad_confirmation_tag', async () => flipped(joined.commit)],
])('%s: %s, and the group stays valid', async (_, code, forge) => {
  const failure = await failureOf(await forge())
  expect(failure.code).toBe(code)
  const isPublic = code === 'bad_path' || code === 'bad_confirmation_tag'
  expect(failure.unfollowed?.committer.userId).toEqual(isPublic ? bob.userId : undefined)
  const next = await author.commit({ trust: trustAll })
  expect((await victim.process(next.commit, noChecks)).group.epoch).toBe(2)
})

test('a path that is wrong for one member works for the others, and its author has signed the GroupInfo', async () => {
  const { commit, groupInfo } = await forgePathFor(author, victim.ownLeafIndex)
  const { group } = await admin.process(commit, noChecks)
  expect(group.epoch).toBe(2)
  const { unfollowed } = await failureOf(commit)
  if (!unfollowed) throw new Error('nothing to judge by')
  expect(await refusalOfGroupInfo(unfollowed.group, readGroupInfo(groupInfo), unfollowed)).toBeUndefined()
})

test('the GroupInfo shows who made a wrong confirmation tag', async () => {
  const commit = await forgeConfirmationTag(author, honest.commit)
  const { unfollowed } = await failureOf(commit)
  if (!unfollowed) throw new Error('nothing to judge by')
  const whose = async (groupInfo: Uint8Array) =>
    await refusalOfGroupInfo(unfollowed.group, readGroupInfo(groupInfo), unfollowed)
  expect(await whose(honest.groupInfo)).toBe('other_tag')
  const { confirmationTag } = unfollowed.commit
  expect(await whose(await forgeGroupInfo(author, honest.groupInfo, { confirmationTag }))).toBeUndefined()
  expect(
    await whose(await forgeGroupInfo(victim, honest.groupInfo, { confirmationTag, signer: victim.ownLeafIndex })),
  ).toBe('other_signer')
})
