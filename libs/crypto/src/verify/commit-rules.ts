import type { HandshakeErrorCode } from './handshake-error.ts'

/** The table of who may commit what. `judgeCommit` enforces it. */
export const commitPowers = [
  { what: 'renew its own keys only (update)', who: 'any member, from its own leaf' },
  { what: 'add or remove leaves of the committer’s own user', who: 'any member' },
  {
    what: 'add or remove members, make members admins, change policies and bans',
    who: 'an admin, in a group. The owner is an admin, too',
  },
  {
    what: 'remove or demote admins, hand over the ownership',
    who: 'the owner; in a group without an owner, any admin. An admin may step down',
  },
  { what: 'add people as plain members', who: 'any member, if the policies of the group say so' },
  { what: 'add a user who is banned', who: 'nobody: an earlier commit must lift the ban' },
  { what: 'change the order of the members who stay in the roster', who: 'nobody' },
  {
    what: 'remove leaves of a departed user or a revoked device, and the departed user from the roster',
    who: 'any member',
  },
  {
    what: 'remove all admins and make the longest member admin, with the votes of more than half of the other members',
    who: 'any member, in a group; the server accepts it only when no admin has an account',
  },
  {
    what: 'remove the owner and make the longest admin owner, with the votes of more than half of the admins',
    who: 'any admin, in a group with an owner; the server accepts it only when the owner has no account',
  },
  { what: 'join externally, and remove its own old leaf', who: 'a user in the roster' },
  { what: 'anything else', who: 'nobody' },
] as const

/** Each reason for rejecting a commit (`details.reason`) and its meaning. New reasons go here. */
export const commitRefusals = {
  wrong_group: 'The commit is for another conversation or group number',
  stale_epoch: 'The commit is not for the current epoch',
  no_such_leaf: 'The sender, or a leaf to be removed, is a blank leaf',
  not_your_leaf: 'The committer is not the device of the leaf that it commits from',
  identity_changed: "The path would put another user, device or key on the committer's leaf",
  self_removal: 'A member may not remove itself: it leaves by a statement',
  owner_only: 'The committer is not the owner, and changes or removes the owner or another admin',
  one_owner: 'The group would have two owners, or lose its owner',
  banned_user: 'A banned user would be added',
  roster_version: 'The roster has fields that a device of the group cannot read',
  admin_only: 'The committer is not an admin, and changes the roster or the leaves of other users',
  direct_fixed:
    "The commit changes a direct chat's roster or the other person's leaves, or the chat is not of two equal people",
  kind_changed: 'The roster would change the kind of the conversation',
  order_changed: 'Members who stay do not come first in the roster, or not in their former order',
  not_in_roster: 'A leaf belongs to a user who is not in the roster',
  last_admin: 'The group would have no admin',
  duplicate_device: 'A device would have two leaves',
  revoked_device: 'A revoked device commits, or would be added',
  departed_user: 'A user who has left would be added',
  commit_first: 'Leaves of a departed user or a revoked device remain: remove them before or in this commit',
  external_excess: 'An external join does more than to join and to remove the joiner’s old leaf',
  no_majority: 'The votes are not of more than half of the members who may vote, or the commit changes more',
  bad_vote: 'A vote is not signed by the device that it names, or is about another roster',
  group_full: 'The group would have more leaves than a group may have',
  bad_creation: 'The first commit of a group is not from leaf 0 at epoch 0, or has no roster',
  bad_succession: 'The first commit of a successor group does not have the roster of the group before',
  bad_path:
    "The path does not have the nodes, ciphertexts or parent hashes that the group's tree needs, or has unusable keys",
  other_account: "A device would be added under another account key than the user's other devices have",
  duplicate_key: 'An encryption or signature key is already in the tree',
} as const satisfies Record<string, string>

/** A reason for rejecting a commit. */
export type CommitRefusal = keyof typeof commitRefusals | HandshakeErrorCode
