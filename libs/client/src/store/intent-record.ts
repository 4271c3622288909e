import type { DeviceId, MessageId, Role, UserId } from '@fastchat/schema'
import type { ConversationRecord } from './conversation-record.ts'
import type { WantedPolicies } from './wanted-policies.ts'

export type MembershipChange =
  | { readonly kind: 'create'; readonly userIds: readonly UserId[]; readonly name?: string }
  | { readonly kind: 'add'; readonly userIds: readonly UserId[] }
  | { readonly kind: 'remove'; readonly userIds: readonly UserId[]; readonly ban?: true }
  | { readonly kind: 'unban'; readonly userIds: readonly UserId[] }
  | { readonly kind: 'policies'; readonly policies: WantedPolicies }
  | { readonly kind: 'role'; readonly userId: UserId; readonly role: Role }
  | { readonly kind: 'prune' }
  /** Takes devices of one's own account out of the group. */
  | { readonly kind: 'leaves'; readonly deviceIds: readonly DeviceId[] }
  /** The election that the votes of the record decide. */
  | { readonly kind: 'elect' }
  /** A commit with new keys and a new group info, if the group is still at this epoch. */
  | { readonly kind: 'update'; readonly groupNo: number; readonly epoch: number }
  | { readonly kind: 'join' }
  | { readonly kind: 'restart' }

/**
 * A wanted change of a group. `attempt` is the commit that has been or will be sent for it. It is
 * stored before its bytes leave.
 */
export type IntentRecord = {
  readonly change: MembershipChange
  readonly keyPackages: readonly { readonly userId: UserId; readonly keyPackage: string }[]
  readonly claimed: readonly UserId[]
  readonly attempt?: {
    readonly id: MessageId
    readonly groupNo: number
    readonly epoch: number
    readonly commit: string
    readonly welcome?: string
    readonly groupInfo: string
    readonly initialGroupInfo?: string
    readonly pending: string
    /** The members who had left before this device joined from outside, by statements. */
    readonly departed?: readonly UserId[]
    /** The revoked devices that had a leaf when this device joined from outside. */
    readonly revoked?: readonly DeviceId[]
    readonly enteredFrom?: NonNullable<ConversationRecord['enteredFrom']>
  }
}
