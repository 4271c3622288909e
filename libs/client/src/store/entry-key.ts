import type { ConversationId } from '@fastchat/schema'

/** Returns the key of the entry at `seq`. Keys sort like the numbers. */
export const entryKey = (conversation: ConversationId, seq: number): string =>
  `${conversation}/${String(seq).padStart(16, '0')}`

/** Returns the key of a line. `n` counts the lines of one log entry from 0. */
export const lineKey = (conversation: ConversationId, seq: number, n: number): string =>
  `${entryKey(conversation, seq)}/${n}`
