import { type Static, Type } from 'typebox'
import { KeySchema } from './account.ts'
import { ConversationIdSchema, SeqSchema } from './ids.ts'
import { open } from './objects.ts'
import { cardFields, DecisionNoSchema } from './payloads/people.ts'

const n = DecisionNoSchema

/** The position of the direct chat from which a block counts. */
export const UnseenFromSchema = open('UnseenFrom', { conversation: ConversationIdSchema, seq: SeqSchema })
export type UnseenFrom = Static<typeof UnseenFromSchema>

/**
 * The decision about a person. `open` lifts the decision before. A block counts from a position of
 * the direct chat, if there is one: earlier messages are only hidden.
 */
export const StandingSchema = open('Standing', {
  n,
  is: Type.Union([Type.Literal('accepted'), Type.Literal('blocked'), Type.Literal('open')]),
  from: Type.Optional(UnseenFromSchema),
})
export type Standing = Static<typeof StandingSchema>

/** A mark names the account key that was compared. Without a key the mark is taken back. */
export const VerifiedMarkSchema = open('VerifiedMark', { n, key: Type.Optional(KeySchema) })
export type VerifiedMark = Static<typeof VerifiedMarkSchema>

/** An account key that a person has accepted in place of the one that was pinned first. */
export const AcceptedKeySchema = open('AcceptedKey', { n, key: KeySchema })
export type AcceptedKey = Static<typeof AcceptedKeySchema>

/** The number of former blocks of one person whose messages stay unseen. */
export const maxUnseen = 16

/** The messages of a person in the direct chat that arrived during a block. They stay unseen. */
export const UnseenMessagesSchema = open('UnseenMessages', {
  conversation: ConversationIdSchema,
  from: SeqSchema,
  to: SeqSchema,
})
export type UnseenMessages = Static<typeof UnseenMessagesSchema>

/** The decisions of one account about one person. */
export const PersonDecisionsSchema = open('PersonDecisions', {
  standing: Type.Optional(StandingSchema),
  mark: Type.Optional(VerifiedMarkSchema),
  acceptedKey: Type.Optional(AcceptedKeySchema),
  unseen: Type.Optional(Type.Array(UnseenMessagesSchema, { maxItems: maxUnseen })),
})
export type PersonDecisions = Static<typeof PersonDecisionsSchema>

/**
 * The decision of one account about one chat. After a leave, a new invitation has to be accepted
 * again. A chat is forgotten up to a position. A membership that begins later is not meant, nor is
 * a later message of a direct chat.
 */
export const ChatDecisionSchema = open('ChatDecision', {
  n,
  is: Type.Union([Type.Literal('accepted'), Type.Literal('left'), Type.Literal('forgotten')]),
  seq: Type.Optional(SeqSchema),
  accepted: Type.Optional(
    Type.Literal(true, { description: 'A direct chat that was accepted before it was forgotten' }),
  ),
})
export type ChatDecision = Static<typeof ChatDecisionSchema>

/** The own name and picture of an account. */
export const CardSchema = open('Card', cardFields)
export type Card = Static<typeof CardSchema>
