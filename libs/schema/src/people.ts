import { type Static, Type } from 'typebox'
import { KeySchema } from './account.ts'
import { SeqSchema } from './ids.ts'
import { open } from './objects.ts'
import { cardFields, DecisionNoSchema } from './payloads/people.ts'

const n = DecisionNoSchema

/** The decision about a person. `open` lifts the decision before. */
export const StandingSchema = open('Standing', {
  n,
  is: Type.Union([Type.Literal('accepted'), Type.Literal('blocked'), Type.Literal('open')]),
})
export type Standing = Static<typeof StandingSchema>

/** A mark names the account key that was compared. Without a key the mark is taken back. */
export const VerifiedMarkSchema = open('VerifiedMark', { n, key: Type.Optional(KeySchema) })
export type VerifiedMark = Static<typeof VerifiedMarkSchema>

/** An account key that a person has accepted in place of the one that was pinned first. */
export const AcceptedKeySchema = open('AcceptedKey', { n, key: KeySchema })
export type AcceptedKey = Static<typeof AcceptedKeySchema>

/** The decisions of one account about one person. */
export const PersonDecisionsSchema = open('PersonDecisions', {
  standing: Type.Optional(StandingSchema),
  mark: Type.Optional(VerifiedMarkSchema),
  acceptedKey: Type.Optional(AcceptedKeySchema),
})
export type PersonDecisions = Static<typeof PersonDecisionsSchema>

/**
 * The decision of one account about one chat. After a leave, a new invitation has to be accepted
 * again. A chat is forgotten up to a position: a membership that begins later is not meant.
 */
export const ChatDecisionSchema = open('ChatDecision', {
  n,
  is: Type.Union([Type.Literal('accepted'), Type.Literal('left'), Type.Literal('forgotten')]),
  seq: Type.Optional(SeqSchema),
})
export type ChatDecision = Static<typeof ChatDecisionSchema>

/** The own name and picture of an account. */
export const CardSchema = open('Card', cardFields)
export type Card = Static<typeof CardSchema>
