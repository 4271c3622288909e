import { type Static, Type } from 'typebox'
import { Bytes, EpochSchema, GroupNoSchema, MessageIdSchema, SeqSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { closed, open } from '../objects.ts'
import { operation } from '../operation.ts'
import { byConversation } from './by-conversation.ts'

/** A leave statement takes about 750 bytes of JSON. */
export const maxLeaveBytes = 2048
/** The first group info holds one leaf, the roster of the creator and two keys. */
const maxInitialGroupInfoBytes = 8 * 1024

export const CommitBundleSchema = closed(
  'CommitBundle',
  {
    id: MessageIdSchema,
    groupNo: GroupNoSchema,
    epoch: EpochSchema,
    commit: Bytes(limits.maxCommitBytes, 'MLSMessage with a PublicMessage'),
    welcome: Type.Optional(Bytes(limits.maxCommitBytes, 'MLSMessage with a Welcome, if the commit adds leaves')),
    groupInfo: Bytes(
      limits.maxCommitBytes,
      'MLSMessage with the GroupInfo after the commit. Its only extensions are ratchet_tree and external_pub',
    ),
    initialGroupInfo: Type.Optional(
      Bytes(maxInitialGroupInfoBytes, 'Only at epoch 0: GroupInfo of the new group, in which the creator is alone'),
    ),
  },
  { description: 'Accepted as a whole or not at all, for exactly one epoch' },
)
export type CommitBundle = Static<typeof CommitBundleSchema>

export const groupChangeOperations = {
  commit: operation({
    method: 'POST',
    path: '/v1/conversations/:conversation/commits',
    access: 'device',
    summary: 'Change the group: commit, welcome and group info in one step',
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
      'owner_only',
      'banned_user',
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
    summary: 'Leave a group; the next commit removes the leaves of the member who left',
    params: byConversation,
    body: closed('Leave', {
      id: MessageIdSchema,
      statement: Bytes(maxLeaveBytes, 'Signed by the device of the member who leaves'),
    }),
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
} as const
