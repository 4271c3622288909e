import { Type } from 'typebox'
import { ConversationIdSchema, CursorSchema, SeqSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { open, parameters } from '../objects.ts'
import { operation } from '../operation.ts'
import { byConversation } from './by-conversation.ts'
import { LogEntrySchema } from './log-entry.ts'

export const logOperations = {
  listMessages: operation({
    method: 'GET',
    path: '/v1/conversations/:conversation/messages',
    access: 'device',
    summary: 'List the entries of the log that the device may see, a page at a time',
    params: byConversation,
    query: parameters({
      after: Type.Optional(CursorSchema),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxPage })),
      only: Type.Optional(
        Type.Literal('handshakes', {
          description: 'Only commits, leave statements and revocations; the server keeps them longer than messages',
        }),
      ),
    }),
    response: {
      200: open('LogPage', { entries: Type.Array(LogEntrySchema), floorSeq: CursorSchema, lastSeq: CursorSchema }),
    },
    errors: ['not_found'],
  }),
  getMessage: operation({
    method: 'GET',
    path: '/v1/conversations/:conversation/messages/:seq',
    access: 'device',
    summary: 'Get one entry of the log with its whole envelope',
    params: parameters({ conversation: ConversationIdSchema, seq: SeqSchema }),
    response: { 200: LogEntrySchema },
    errors: ['not_found'],
  }),
} as const
