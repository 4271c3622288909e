export type { Trust } from './check-tree.ts'
export type { CommitIntent } from './commit-to-group.ts'
export {
  accountKeyOf,
  createAccountKey,
  createDeviceKeys,
  type DeviceIdentity,
  signCredential,
  signLeave,
  signVote,
} from './device.ts'
export {
  CannotJoin,
  type CannotJoinCode,
  CannotProcess,
  type CannotProcessCode,
  type Unfollowed,
  UnlawfulCommit,
  type UnlawfulReason,
} from './errors.ts'
export { type Forget, Group, type GroupEvent, type PendingCommit } from './group.ts'
export { type ExternalJoin, readWelcomeRefs, type WelcomeJoin } from './join-group.ts'
export { type CreatedKeyPackage, createKeyPackage } from './key-package.ts'
export type { Member } from './members.ts'
export { maxPlaintextBytes, paddedLength } from './padding.ts'
export type { CommitChecks } from './process-commit.ts'
