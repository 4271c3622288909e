import type { ConversationId, MessageId, Payload, UserId } from '@fastchat/schema'
import type { Entry } from '../store/records.ts'

/** A message of another person. */
export type Incoming = {
  readonly conversation: ConversationId
  readonly id: MessageId
  /** The position in the chat's log. */
  readonly seq: number
  /** The time at which the server stored it, in milliseconds. */
  readonly at: number
  readonly from: UserId
  /** The author's name to show. A name that the author's key has not signed says so. */
  readonly name: string
  /** The text, or the caption of a file. Empty for a file without one. */
  readonly text: string
  /** The whole contents, for messages of other kinds than text. */
  readonly payload: Payload | { readonly kind: 'unknown' }
  /**
   * Answers in the same chat. Resolves with the id of the answer once this device has stored it; it
   * is sent when there is a connection. A second answer to the same message, also after a restart,
   * is not sent. For messages that are over 25 days old that does not hold.
   *
   * @throws {ClientError} `not_a_member`, `admins_write`, `too_large`
   */
  reply(text: string): Promise<MessageId>
}

/** Returns the text that people read in a message: its words, or a file's caption. */
export function textOf({ payload }: Pick<Entry, 'payload'>): string {
  if (payload?.kind === 'text') return payload.text
  if (payload?.kind === 'image' || payload?.kind === 'file') return payload.caption ?? ''
  return ''
}
