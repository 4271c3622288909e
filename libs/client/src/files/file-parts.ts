import type { Clock } from '@fastchat/clock'
import type { ConversationId } from '@fastchat/schema'
import type { ConversationEvents } from '../conversation/context.ts'
import type { Conversation } from '../conversation/conversation.ts'
import type { Api } from '../net/api.ts'
import type { Store } from '../store/store.ts'
import type { Transfer } from './transfer.ts'

/** The parts of a device that transfers of files use. */
export type FileParts = {
  readonly store: Store
  readonly api: Pick<Api, 'call' | 'upload' | 'stream'>
  readonly clock: Clock
  readonly random: () => number
  readonly conversation: (id: ConversationId) => Pick<Conversation, 'outbox' | 'record'>
  readonly progress: (transfer: Transfer) => void
  readonly failed: (failure: ConversationEvents['failed']) => void
  readonly onTrouble: (error: Error) => void
}

/** The parts of one kind of transfer. */
export type TransferParts = FileParts & {
  /** Returns the signal that aborts when the device stops using its store. */
  readonly stopping: () => AbortSignal
}
