import type { ConversationId, DeviceId, MessageId, UserId } from '@fastchat/schema'
import type { Subject, TroubleFacts } from '../trouble-words.ts'

/** The lists of a client that a user interface shows beside the chats. */
export type ChangedList =
  | 'connection'
  | 'people'
  | 'devices'
  | 'settings'
  | 'failed'
  | 'transfers'
  | 'backup'
  | 'presence'
  | 'account'

/** The changes of one chat since the last batch. */
export type ChatChange = {
  /** The chat itself changed: its record, its count of unread messages, its marks or its draft. */
  readonly isListed: boolean
  /** The positions of the first and the last line that came to the end of the history. */
  readonly added?: { readonly from: number; readonly to: number }
  /** Messages that came, look different, or moved on: queued, stored, failed or discarded. */
  readonly messages: ReadonlySet<MessageId>
  /** Read the shown part of the history again: lines came before its end, or too many changed. */
  readonly isRewritten: boolean
  readonly hasReceipts: boolean
  readonly hasTyping: boolean
}

/** A problem for people, with a stable code. */
export type TroubleNote = {
  readonly code: string
  readonly message: string
  readonly conversation?: ConversationId
  readonly seq?: number
  readonly from?: UserId
  readonly device?: DeviceId
  /** The facts and the person in the words. Absent for errors that are no `Trouble`. */
  readonly facts?: TroubleFacts
  readonly who?: Subject
}

/** Everything that changed since the last batch. It can be sent to another thread as it is. */
export type ChangeBatch = {
  readonly chats: ReadonlyMap<ConversationId, ChatChange>
  readonly lists: ReadonlySet<ChangedList>
  readonly troubles: readonly TroubleNote[]
}

/** The message ids of one chat that a batch names. With more, the chat counts as rewritten. */
export const maxNamedMessages = 500
/** The troubles that a batch has. Later ones are in the chats and in the `trouble` event. */
export const maxNamedTroubles = 50

/** The part of a chat's change that one event adds. */
export type ChatAddition = {
  readonly isListed?: true
  readonly addedAt?: number
  readonly message?: MessageId | undefined
  readonly isRewritten?: true
  readonly hasReceipts?: true
  readonly hasTyping?: true
}

type OpenChange = { -readonly [K in keyof ChatChange]: ChatChange[K] } & { readonly messages: Set<MessageId> }

/** Collects changes for one batch. */
export class BatchBuilder {
  readonly #chats = new Map<ConversationId, OpenChange>()
  readonly #lists = new Set<ChangedList>()
  readonly #troubles: TroubleNote[] = []

  get isEmpty(): boolean {
    return this.#chats.size === 0 && this.#lists.size === 0 && this.#troubles.length === 0
  }

  addChat(id: ConversationId, addition: ChatAddition): void {
    const change = this.#chats.get(id) ?? noChange()
    this.#chats.set(id, change)
    const { isListed, addedAt, message, isRewritten, hasReceipts, hasTyping } = addition
    if (isListed) change.isListed = true
    if (isRewritten) change.isRewritten = true
    if (hasReceipts) change.hasReceipts = true
    if (hasTyping) change.hasTyping = true
    if (addedAt !== undefined)
      change.added = {
        from: Math.min(addedAt, change.added?.from ?? addedAt),
        to: Math.max(addedAt, change.added?.to ?? addedAt),
      }
    if (message !== undefined && change.messages.size < maxNamedMessages) change.messages.add(message)
    else if (message !== undefined && !change.messages.has(message)) change.isRewritten = true
  }

  addList(list: ChangedList): void {
    this.#lists.add(list)
  }

  addTrouble(trouble: TroubleNote): void {
    if (this.#troubles.length < maxNamedTroubles) this.#troubles.push(trouble)
  }

  /** Returns what was collected. Do not add to it afterwards. */
  build(): ChangeBatch {
    return { chats: this.#chats, lists: this.#lists, troubles: this.#troubles }
  }
}

const noChange = (): OpenChange => ({
  ...{ isListed: false, isRewritten: false, hasReceipts: false, hasTyping: false },
  messages: new Set(),
})
