import { ConversationIdSchema } from '../ids.ts'
import { parameters } from '../objects.ts'

/** The path parameters of operations on one conversation. */
export const byConversation = parameters({ conversation: ConversationIdSchema })
