import type { HandshakeErrorCode } from './handshake-error.ts'

/** Who may commit what. `judgeCommit` enforces it. */
export const commitPowers = [
  { what: 'nothing but new keys (update)', who: 'any member, from its own leaf' },
  { what: "add or remove leaves of one's own user", who: 'any member' },
  { what: 'add or remove leaves of others, change the roster', who: 'an admin, in a group' },
  { what: 'change the order of those who stay in the roster', who: 'nobody' },
  {
    what: 'remove leaves of a departed user or a revoked device, and the departed from the roster',
    who: 'any member',
  },
  {
    what: 'remove all admins and make the longest member admin, with the votes of more than half of the others',
    who: 'any member, in a group; the server also asks that no admin has an account any more',
  },
  { what: "join from outside, with the removal of one's own old leaf", who: 'a user in the roster' },
  { what: 'anything else', who: 'nobody' },
] as const

/** Why a commit is rejected: what `details.reason` says, and what it means. Add a line for each new reason. */
export const commitRefusals = {
  wrong_group: 'Of another conversation or group number',
  stale_epoch: 'Not for the current epoch',
  no_such_leaf: 'The sender, or a leaf to be removed, is a blank leaf',
  not_your_leaf: 'The committer is not the device of the leaf that it commits from',
  identity_changed: "The path would put another user, device or key on the committer's leaf",
  self_removal: 'A member may not remove itself: it leaves by a statement',
  admin_only: "Somebody else's leaves, or the roster, by one who is not an admin",
  direct_fixed: "A direct chat's roster, the other person's leaves, or a direct chat that is not of two equals",
  kind_changed: 'The roster would change the kind of the conversation',
  order_changed: 'Members who stay do not come first in the roster, or not in the order in which they stood',
  not_in_roster: 'A leaf whose user is not in the roster: added, or left over',
  last_admin: 'The group would have no admin',
  duplicate_device: 'A device would have two leaves',
  revoked_device: 'A device that was revoked commits, or would come in',
  departed_user: 'A user who has left would come in',
  commit_first: 'Leaves of a departed user or a revoked device remain: remove them first, or in this commit',
  external_excess: 'A joiner from outside does more than to join and to remove its own old leaf',
  no_majority: 'Votes are not of more than half of the members who may vote, or the commit does more than they elect',
  bad_vote: 'A vote is not signed by the device that it names, or is about another roster',
  group_full: 'The group would have more leaves than a group may have',
  bad_creation: 'The first commit of a group: not from leaf 0 at epoch 0, or without a roster',
  bad_succession: 'The first commit of a successor group: not the roster of the one before',
  bad_path:
    "The path has not the nodes, ciphertexts or parent hashes that the group's tree asks for, or keys of no use",
  other_account: "A device would come in under another account key than the user's other devices have",
  duplicate_key: 'An encryption or signature key stands in the tree already',
} as const satisfies Record<string, string>

/** Why a commit is rejected. */
export type CommitRefusal = keyof typeof commitRefusals | HandshakeErrorCode
