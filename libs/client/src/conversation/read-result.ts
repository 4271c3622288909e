import type { CannotProcess, Forget, Group, UnlawfulCommit } from '@fastchat/crypto'
import type { Card, MessageId, UserId } from '@fastchat/schema'
import type { Found } from '../account/look-up.ts'
import type { SenderView } from '../chain/judge-message.ts'
import type { Operation } from '../messages/operation.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { Write } from '../store/store.ts'

/** The record and the group of a conversation. They change together or not at all. */
export type Snapshot = { readonly record: ConversationRecord; readonly group: Group | undefined }

export type ReadResult = Snapshot & {
  readonly entries: readonly Entry[]
  /** The change of another message, or of the chat, that this entry is. */
  readonly operation?: Operation
  /** The message of this device's outbox that this entry is. */
  readonly sent?: { readonly id: MessageId; readonly seq: number; readonly at: number }
  /** The position at which the server said that it stored the message. */
  readonly ackedSeq?: number
  /** The sender's view of the log, as a message states it. */
  readonly senderView?: SenderView
  /** The chain's value after this entry. It is stored with the entry's first line. */
  readonly c?: string | undefined
  /** The alarms that this entry raises, including those without a line. */
  readonly alarms?: readonly Entry[]
  /**
   * This device's membership ends here. Waiting messages were for this group and are never sent.
   */
  readonly isOut?: true
  /** The id of this device's commit that this entry is. */
  readonly adopted?: MessageId
  /** The leaves of new devices that another member added. */
  readonly newcomers?: readonly number[]
  /** The group cannot continue here: its rules were broken, or only this device cannot follow. */
  readonly trouble?: 'unlawful' | 'unreadable' | 'restored'
  readonly undecryptable?: true
  /** An unknown message of this very device was read, so its files are older than they were. */
  readonly hasRunBack?: boolean
  /** The group info of this commit misleads newcomers. The next commit replaces it. */
  readonly isMisleading?: true
  /** A member who is not an admin announced another profile. An admin's device corrects it. */
  readonly isFalseProfile?: true
  /** Another device signed this entry than the one under which it was delivered. */
  readonly wrongSender?: true
  /** The reason why this commit was not followed. */
  readonly failure?: UnlawfulCommit | CannotProcess
  /** Lines that the application also gets as troubles. */
  readonly troubles?: readonly Entry[]
  /**
   * The user who signed the change or message of this entry. This device could follow it, so that
   * user shares this group.
   */
  readonly heard?: UserId
  /** Users who were looked up for this entry. They are pinned in the same batch. */
  readonly pins?: Found
  /** The name and picture that a user shows. */
  readonly card?: { readonly from: UserId; readonly card: Card }
  /** Further writes for the same batch. */
  readonly writes?: readonly Write[]
  readonly usedKeyPackage?: true
  /** Called after the new group is stored. */
  readonly forget?: Forget
}
