import { type Static, Type } from 'typebox'
import { RevocationSchema } from './account.ts'
import {
  AttachmentIdSchema,
  Bytes,
  ConversationIdSchema,
  CursorSchema,
  DeviceIdSchema,
  EpochSchema,
  FixedBytes,
  GroupNoSchema,
  KindSchema,
  MessageIdSchema,
  RoleSchema,
  SeqSchema,
  UserIdSchema,
} from './ids.ts'
import { limits } from './limits.ts'
import { closed, open, parameters } from './objects.ts'
import { operation } from './operation.ts'

const byConversation = parameters({ conversation: ConversationIdSchema })

/** What stands at one position of a conversation's log. */
export const EntryKindSchema = Type.Union([
  Type.Literal('application'),
  Type.Literal('commit'),
  Type.Literal('leave'),
  Type.Literal('revocation'),
])
export type EntryKind = Static<typeof EntryKindSchema>

export const logEntryFields = {
  conversation: ConversationIdSchema,
  seq: SeqSchema,
  kind: EntryKindSchema,
  id: MessageIdSchema,
  from: DeviceIdSchema,
  at: Type.Integer({
    description: "Milliseconds since 1970 by the server's clock; for display only",
    examples: [1_767_225_600_000],
  }),
  envelope: Type.Optional(
    Bytes(limits.maxCommitBytes, 'MLSMessage, or a statement of leave or revocation; absent when `size` is there'),
  ),
  size: Type.Optional(Type.Integer({ description: 'Bytes of an envelope too large for a frame: fetch it over HTTP' })),
  externalPub: Type.Optional(
    FixedBytes(32, "Of a commit: the external key in its group info; members compare it with the group's own"),
  ),
  contextHash: Type.Optional(FixedBytes(32, 'Of a commit: SHA-256 of the GroupContext that it begins')),
}
export const LogEntrySchema = open('LogEntry', logEntryFields)
export type LogEntry = Static<typeof LogEntrySchema>

/** A leave statement is some 750 bytes of JSON. */
const maxLeaveBytes = 2048

export const ConversationSchema = open('Conversation', {
  conversation: ConversationIdSchema,
  kind: KindSchema,
  groupNo: Type.Integer({ minimum: 0, description: '0 until the first commit has created the group' }),
  epoch: EpochSchema,
  lastSeq: CursorSchema,
  floorSeq: CursorSchema,
  /** Where the caller's device stands; absent when it has no leaf and must join externally. */
  leaf: Type.Optional(
    open('OwnLeaf', { fromSeq: SeqSchema, leafIndex: Type.Integer({ minimum: 0 }), cursor: CursorSchema }),
  ),
  members: Type.Array(open('Member', { userId: UserIdSchema, role: RoleSchema, departed: Type.Boolean() }), {
    description: '`departed`: has left; the next commit removes them. For display: act on `departures` alone',
  }),
  departures: Type.Array(Bytes(maxLeaveBytes, 'Leave statement'), {
    description: 'The signed statements of those who have left, which the next commit must remove',
  }),
  revocations: Type.Array(RevocationSchema, {
    description: 'The signed revocations of devices with a leaf, which the next commit must remove',
  }),
})
export type Conversation = Static<typeof ConversationSchema>

/** One leaf, the creator's roster and two keys. */
const maxInitialGroupInfoBytes = 8 * 1024

export const CommitBundleSchema = closed(
  'CommitBundle',
  {
    id: MessageIdSchema,
    groupNo: GroupNoSchema,
    epoch: EpochSchema,
    commit: Bytes(limits.maxCommitBytes, 'MLSMessage with a PublicMessage'),
    welcome: Type.Optional(Bytes(limits.maxCommitBytes, 'MLSMessage with a Welcome, when the commit adds leaves')),
    groupInfo: Bytes(
      limits.maxCommitBytes,
      'MLSMessage with the GroupInfo after the commit, with ratchet_tree and external_pub and nothing else',
    ),
    initialGroupInfo: Type.Optional(
      Bytes(maxInitialGroupInfoBytes, 'Only at epoch 0: the GroupInfo of the new group, where its creator is alone'),
    ),
  },
  { description: 'Accepted whole or not at all, for exactly one epoch' },
)
export type CommitBundle = Static<typeof CommitBundleSchema>

export const chatOperations = {
  reserveConversation: operation({
    method: 'POST',
    path: '/v1/conversations',
    access: 'device',
    summary:
      'Reserve a conversation; a direct one is the only one of its two people. The first commit creates its group',
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
    summary: 'Conversations that the signed-in user is a member of, a page at a time',
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
    summary: 'One conversation',
    params: byConversation,
    response: { 200: ConversationSchema },
    errors: ['not_found'],
  }),
  commit: operation({
    method: 'POST',
    path: '/v1/conversations/:conversation/commits',
    access: 'device',
    summary: 'Change the group: commit, welcome and group info as one',
    params: byConversation,
    body: CommitBundleSchema,
    response: { 200: open('CommitAccepted', { seq: SeqSchema, epoch: EpochSchema, duplicate: Type.Boolean() }) },
    errors: [
      'not_found',
      'forbidden',
      'conflict',
      'id_expired',
      'malformed_handshake',
      'stale_epoch',
      'group_exists',
      'unlawful_commit',
      'credential_invalid',
      'admins_only',
      'admin_present',
      'direct_fixed',
      'last_admin',
      'commit_first',
    ],
  }),
  leave: operation({
    method: 'POST',
    path: '/v1/conversations/:conversation/leave',
    access: 'device',
    summary: 'Leave a group; the next committer removes the leaver’s leaves',
    params: byConversation,
    body: closed('Leave', { id: MessageIdSchema, statement: Bytes(maxLeaveBytes, "Signed by the leaver's device") }),
    response: { 200: open('LeaveAccepted', { seq: SeqSchema, duplicate: Type.Boolean() }) },
    errors: [
      'not_found',
      'forbidden',
      'conflict',
      'id_expired',
      'malformed_handshake',
      'stale_epoch',
      'direct_fixed',
      'last_admin',
    ],
  }),
  groupInfo: operation({
    method: 'GET',
    path: '/v1/conversations/:conversation/group-info',
    access: 'device',
    summary: 'The group info of the current epoch, for an external join',
    params: byConversation,
    response: {
      200: open('CurrentGroupInfo', {
        groupNo: GroupNoSchema,
        epoch: EpochSchema,
        groupInfo: Bytes(limits.maxCommitBytes, 'MLSMessage with a GroupInfo'),
      }),
    },
    errors: ['not_found', 'forbidden'],
  }),
  pastGroupInfo: operation({
    method: 'GET',
    path: '/v1/conversations/:conversation/group-info/past',
    access: 'device',
    summary: 'The newest group info that is kept of a group at or before an epoch, to follow the group from there',
    description:
      'A group info is kept for the first commit of each group, and for every 32nd epoch after it. Trust none: apply the commits after `seq`, and compare the hash of the GroupContext with one that you trust.',
    params: byConversation,
    query: parameters({ groupNo: GroupNoSchema, epoch: EpochSchema }),
    response: {
      200: open('PastGroupInfo', {
        groupNo: GroupNoSchema,
        epoch: EpochSchema,
        seq: SeqSchema,
        groupInfo: Bytes(limits.maxCommitBytes, 'MLSMessage with a GroupInfo'),
      }),
    },
    errors: ['not_found', 'forbidden'],
  }),
  welcome: operation({
    method: 'GET',
    path: '/v1/conversations/:conversation/welcome',
    access: 'device',
    summary:
      "The welcome that made the device's leaf: the one at `seq`, which may have ended since, or the current one",
    params: byConversation,
    query: parameters({ seq: Type.Optional(SeqSchema) }),
    response: {
      200: open('StoredWelcome', {
        seq: SeqSchema,
        groupNo: GroupNoSchema,
        welcome: Bytes(limits.maxCommitBytes, 'MLSMessage with a Welcome'),
        priorContext: Bytes(limits.maxCommitBytes, 'GroupContext that the commit at `seq` ended'),
        priorTag: FixedBytes(32, "Confirmation tag of that group's own commit, or of its initial group info"),
      }),
    },
    errors: ['not_found'],
  }),
  listMessages: operation({
    method: 'GET',
    path: '/v1/conversations/:conversation/messages',
    access: 'device',
    summary: 'A page of the log, as far as the device may see it',
    params: byConversation,
    query: parameters({
      after: Type.Optional(CursorSchema),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxPage })),
      only: Type.Optional(
        Type.Literal('handshakes', {
          description: 'Commits, leave statements and revocations alone; they are kept when messages are gone',
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
    summary: 'One entry of the log with its whole envelope',
    params: parameters({ conversation: ConversationIdSchema, seq: SeqSchema }),
    response: { 200: LogEntrySchema },
    errors: ['not_found'],
  }),
  putAttachment: operation({
    method: 'PUT',
    path: '/v1/attachments/:attachment',
    access: 'device',
    summary: 'Upload encrypted bytes (application/octet-stream); kept for 24 h unless a message names them',
    params: parameters({ attachment: AttachmentIdSchema }),
    bytes: 'body',
    response: { 201: open('AttachmentStored', { size: Type.Integer({ minimum: 0 }) }) },
    errors: ['attachment_too_large', 'conflict', 'quota_exceeded'],
  }),
  getAttachment: operation({
    method: 'GET',
    path: '/v1/attachments/:attachment',
    access: 'device',
    summary: 'The encrypted bytes, for whoever may receive the message that names them',
    params: parameters({ attachment: AttachmentIdSchema }),
    bytes: 'response',
    response: { 200: Type.String({ format: 'binary' }) },
    errors: ['not_found'],
  }),
} as const
