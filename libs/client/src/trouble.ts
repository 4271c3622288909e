import type { ConversationId, DeviceId, UserId } from '@fastchat/schema'
import { type Subject, type TroubleCode, type TroubleFacts, tellTrouble } from './trouble-words.ts'

const chats = new WeakMap<Error, ConversationId>()

/** Notes the conversation in which an error occurred. Returns the error. */
export function occurredIn(conversation: ConversationId, error: Error): Error {
  if (!chats.has(error)) chats.set(error, conversation)
  return error
}

/** Returns the conversation that was noted for an error. */
export const conversationOf = (error: Error): ConversationId | undefined => chats.get(error)

/** Says where a trouble was noticed, and whom it is about. */
export type TroubleDetails = {
  readonly conversation?: ConversationId | undefined
  /** The position in the chat where it was noticed. */
  readonly seq?: number | undefined
  /** The user, or the user's device, whom it is about, if any. */
  readonly from?: UserId | undefined
  readonly device?: DeviceId | undefined
}

/** Something differs from what honest people and an honest server would do. `code` is stable. */
export class Trouble extends Error {
  override name = 'Trouble'
  readonly code: TroubleCode
  readonly details: TroubleDetails
  /** The facts in the words, for an application that has its own words. */
  readonly facts: TroubleFacts
  /** The person whom the words name, if any. */
  readonly who: Subject | undefined

  constructor(facts: TroubleFacts, details: TroubleDetails, who?: Subject) {
    super(tellTrouble(facts, who))
    this.code = facts.code
    this.details = details
    this.facts = facts
    this.who = who
  }
}
