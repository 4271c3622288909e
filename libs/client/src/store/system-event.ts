import type { MessageId, SharedMessage, UserId } from '@fastchat/schema'
import type { TroubleFacts } from '../trouble-words.ts'
import type { WantedPolicies } from './wanted-policies.ts'

/** The effect of a commit or leave, for people. */
export type SystemEvent =
  | { readonly kind: 'created' }
  /** A user has joined without an invitation, or added a further device. */
  | { readonly kind: 'joined' }
  /** A commit that `from` has signed added this device. */
  | { readonly kind: 'invited' }
  | { readonly kind: 'added' | 'removed' | 'promoted' | 'demoted'; readonly users: readonly UserId[] }
  /** The group has another owner. */
  | { readonly kind: 'owner'; readonly users: readonly UserId[] }
  /** Users may not be added again, or may be added again. */
  | { readonly kind: 'banned' | 'unbanned'; readonly users: readonly UserId[] }
  /** An admin has changed who may add people, or who may write. */
  | { readonly kind: 'policies'; readonly policies: WantedPolicies }
  /** The group has another topic, or none. */
  | { readonly kind: 'topic'; readonly topic: string }
  /** The group has another picture, or none. */
  | { readonly kind: 'picture'; readonly isRemoved?: true }
  /**
   * A member has shared past messages with new members. On the devices of those, `messages` has
   * them as that member tells them; their authors have signed nothing here.
   */
  | {
      readonly kind: 'shared'
      readonly users: readonly UserId[]
      readonly count: number
      readonly part: number
      readonly messages?: readonly SharedMessage[]
    }
  /**
   * A member votes to replace the admins, or with `office` an admin to replace the owner. Their
   * accounts are deleted.
   */
  | { readonly kind: 'voted'; readonly votes: number; readonly needed: number; readonly office?: 'owner' }
  /**
   * The members elected an admin and the former admins are removed, or with `office` the admins
   * another owner.
   */
  | {
      readonly kind: 'elected'
      readonly users: readonly UserId[]
      readonly removed: readonly UserId[]
      readonly office?: 'owner'
    }
  | { readonly kind: 'left'; readonly users: readonly UserId[] }
  /** The account has revoked the device of this entry. */
  | { readonly kind: 'revoked'; readonly users: readonly UserId[] }
  /** A group has its first name, or another name than this device knew. */
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'pinned' | 'unpinned'; readonly target: MessageId }
  /** New messages disappear after some seconds; 0: they stay. */
  | { readonly kind: 'timer'; readonly seconds: number }
  | { readonly kind: 'device' }
  | { readonly kind: 'restarted' }
  /**
   * The server was restored from a copy that may lack messages. With `lost` it does not know this
   * conversation.
   */
  | { readonly kind: 'restored'; readonly lost?: true }
  | { readonly kind: 'broken'; readonly reason: string }
  /** The backup lacks the positions from here to `to`. */
  | { readonly kind: 'not_in_backup'; readonly to: number }
  | TroubleEvent

/** A problem that no one on this device has caused. */
export type TroubleEvent = { readonly kind: 'trouble' } & TroubleFacts
