import { type Static, Type } from 'typebox'
import { RevocationSchema } from '../account.ts'
import {
  Bytes,
  ConversationIdSchema,
  CursorSchema,
  EpochSchema,
  KindSchema,
  RoleSchema,
  SeqSchema,
  UserIdSchema,
} from '../ids.ts'
import { limits } from '../limits.ts'
import { closed, open, parameters } from '../objects.ts'
import { operation } from '../operation.ts'
import { byConversation } from './by-conversation.ts'
import { maxLeaveBytes } from './group-changes.ts'

export const ConversationSchema = open('Conversation', {
  conversation: ConversationIdSchema,
  kind: KindSchema,
  groupNo: Type.Integer({ minimum: 0, description: '0 until the first commit has created the group' }),
  epoch: EpochSchema,
  lastSeq: CursorSchema,
  floorSeq: CursorSchema,
  /** The leaf and cursor of the calling device. Absent: it has no leaf and must join externally. */
  leaf: Type.Optional(
    open('OwnLeaf', { fromSeq: SeqSchema, leafIndex: Type.Integer({ minimum: 0 }), cursor: CursorSchema }),
  ),
  members: Type.Array(open('Member', { userId: UserIdSchema, role: RoleSchema, departed: Type.Boolean() }), {
    description: '`departed`: the member has left; the next commit removes them. For display: act on `departures` only',
  }),
  departures: Type.Array(Bytes(maxLeaveBytes, 'Leave statement'), {
    description: 'Signed statements of the members who have left; the next commit must remove them',
  }),
  revocations: Type.Array(RevocationSchema, {
    description: 'Signed revocations of devices that have a leaf; the next commit must remove them',
  }),
})
export type Conversation = Static<typeof ConversationSchema>

export const conversationOperations = {
  reserveConversation: operation({
    method: 'POST',
    path: '/v1/conversations',
    access: 'device',
    summary: 'Reserve a conversation; two people have one direct conversation. The first commit creates its group',
    body: Type.Union([
      closed('NewDirect', { kind: Type.Literal('direct'), peer: UserIdSchema }),
      closed('NewGroup', { kind: Type.Literal('group'), conversation: ConversationIdSchema }),
    ]),
    response: { 200: ConversationSchema },
    errors: ['not_found', 'conflict'],
  }),
  listConversations: operation({
    method: 'GET',
    path: '/v1/conversations',
    access: 'device',
    summary: 'List the conversations of which the signed-in user is a member, a page at a time',
    query: parameters({
      after: Type.Optional(ConversationIdSchema),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxPage })),
    }),
    response: {
      200: open('ConversationPage', {
        conversations: Type.Array(ConversationSchema),
        next: Type.Optional(ConversationIdSchema),
      }),
    },
  }),
  getConversation: operation({
    method: 'GET',
    path: '/v1/conversations/:conversation',
    access: 'device',
    summary: 'Get one conversation',
    params: byConversation,
    response: { 200: ConversationSchema },
    errors: ['not_found'],
  }),
} as const
