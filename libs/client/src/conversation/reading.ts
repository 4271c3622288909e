import type { CannotProcess, Forget, Group, UnlawfulCommit } from '@fastchat/crypto'
import type { MessageId, UserId } from '@fastchat/schema'
import type { Found } from '../account/look-up.ts'
import type { Said } from '../chain/judge-message.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { Write } from '../store/store.ts'

/** A conversation as the reader of its log sees it: all of it changes together, or none. */
export type View = { readonly record: ConversationRecord; readonly group: Group | undefined }

export type Reading = View & {
  readonly entries: readonly Entry[]
  /** Our message of the outbox that this entry is. */
  readonly sent?: { readonly id: MessageId; readonly seq: number; readonly at: number }
  /** Where the server had said that it stored it. */
  readonly ackedSeq?: number
  /** What a message says of its sender's log. */
  readonly said?: Said
  /** The chain's value after this entry, which is stored with its first line. */
  readonly c?: string | undefined
  /** Alarms raised by this entry, also those that are no line. */
  readonly alarms?: readonly Entry[]
  /** Here our stay in the group ends: what waits to be sent was meant for it, and is never sent. */
  readonly isOut?: true
  /** Our commit that this entry is. */
  readonly adopted?: MessageId
  /** Leaves of devices that were not in the group before, when it was not this device that let them in. */
  readonly newcomers?: readonly number[]
  /** The group cannot go on here: its rules were broken, or only this device cannot follow. */
  readonly trouble?: 'unlawful' | 'unreadable' | 'restored'
  readonly undecryptable?: true
  /** A message of this device's own that it does not know was read. */
  readonly hasRunBack?: boolean
  /** The group info of this commit leads nobody in: the next commit replaces it. */
  readonly isMisleading?: true
  /** Another device has signed this entry than the one that it was delivered under. */
  readonly wrongSender?: true
  /** Why this commit was not followed. */
  readonly failure?: UnlawfulCommit | CannotProcess
  /** Lines that the application is told of as troubles, too. */
  readonly troubles?: readonly Entry[]
  /** Who is in this group for sure, by a change of it that this device could follow. */
  readonly heard?: UserId
  /** Users who were looked up for it, to be pinned with it. */
  readonly pins?: Found
  /** More to store in the same batch. */
  readonly writes?: readonly Write[]
  readonly usedKeyPackage?: true
  /** To be called once the new group is stored. */
  readonly forget?: Forget
}
