import type { ConversationId, MessageId } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'

/** Ids that the client chooses (UUIDv7), so that what is asked twice happens once. The library's form is the ids' form. */
export const newMessageId = (): MessageId => uuidv7() as MessageId
export const newConversationId = (): ConversationId => uuidv7() as ConversationId
