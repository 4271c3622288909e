import type { ConversationId, DeviceId, UserId } from '@fastchat/schema'
import { type Subject, type TroubleCode, type TroubleFacts, tellTrouble } from './trouble-words.ts'

export type TroubleDetails = {
  readonly conversation?: ConversationId | undefined
  /** Where in the chat it was noticed. */
  readonly seq?: number | undefined
  /** Whom, or whose device, it is about, when it is about one. */
  readonly from?: UserId | undefined
  readonly device?: DeviceId | undefined
}

/** Something is not as honest people and an honest server would leave it. `code` is stable. */
export class Trouble extends Error {
  override name = 'Trouble'
  readonly code: TroubleCode
  readonly details: TroubleDetails

  constructor(facts: TroubleFacts, details: TroubleDetails, who?: Subject) {
    super(tellTrouble(facts, who))
    this.code = facts.code
    this.details = details
  }
}
