/**
 * The part of this library that a server may use: it reads public handshake messages, checks
 * signatures and judges commits. Neither this folder nor anything that it imports can decrypt a
 * message.
 */

export { type ApplicationHeader, readApplicationHeader } from './application-header.ts'
export { type AppliedCommit, applyCommit, type Judge } from './apply-commit.ts'
export type { CommitChange, Leaf } from './commit-change.ts'
export type { CommitRefusal } from './commit-rules.ts'
export { commitPowers, commitRefusals } from './commit-rules.ts'
export { type CredentialClaims, credentialSignedBytes, verifyCredential, verifyDeviceSignature } from './credential.ts'
export {
  adminsOf,
  electorateOf,
  holdersOf,
  type Office,
  officeFor,
  officeOf,
  rosterAfterElection,
  votesNeeded,
} from './election.ts'
export { groupIdOf, parseGroupId } from './group-id.ts'
export { type GroupInfo, readGroupInfo } from './group-info.ts'
export { type DecodedCommit, type Handshake, readCommit } from './handshake.ts'
export { HandshakeError, type HandshakeErrorCode, handshakeErrors } from './handshake-error.ts'
export {
  type CommitCase,
  type CommitJudgement,
  changeWithoutJudgement,
  type JudgedLeaf,
  judgeCommit,
} from './judge-commit.ts'
export { type CreationCase, judgeCreation } from './judge-creation.ts'
export {
  type Invitation,
  type InvitationRefusal,
  refusalOfInvitation,
} from './judge-invitation.ts'
export { type KeyPackageClaims, maxLifetimeMs, readKeyPackage } from './key-package.ts'
export { readsVersion2 } from './leaf.ts'
export { type GroupMoment, type LeaveClaims, verifyLeave } from './leave.ts'
export { contextHashOf, type GroupInfoRefusal, groupInfoRefusals, refusalOfGroupInfo } from './match-group-info.ts'
export { maxLeaves } from './max-leaves.ts'
export { type NameClaims, nameSignedBytes, verifyNameSignature } from './name-statement.ts'
export { type PasswordNoteClaims, type PasswordWay, verifyPasswordNote } from './password-note.ts'
export {
  maxTreeNodes,
  membersOfTree,
  momentOf,
  type PublicGroup,
  publicGroupOf,
  sameMoment,
  verifyNewGroup,
  verifyPublicGroup,
} from './public-group.ts'
export { type RevocationClaims, verifyRevocation } from './revocation.ts'
export { keepsLeaders, mayRemove } from './role-rules.ts'
export {
  decodeRoster,
  encodeRoster,
  isAdmin,
  isVersion2,
  isWithin,
  mayWrite,
  ownerOf,
  roleOf,
  rosterAfterDepartures,
  sameRoster,
  sameRules,
} from './roster.ts'
export { isVoteSigned, type Vote, type VoteSubject } from './vote.ts'
