import { Type } from 'typebox'
import { Bytes, EpochSchema, FixedBytes, GroupNoSchema, SeqSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { open, parameters } from '../objects.ts'
import { operation } from '../operation.ts'
import { byConversation } from './by-conversation.ts'

export const joinOperations = {
  groupInfo: operation({
    method: 'GET',
    path: '/v1/conversations/:conversation/group-info',
    access: 'device',
    summary: 'Get the group info of the current epoch, for an external join',
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
    summary: 'Get the newest stored group info of a group at or before an epoch, to follow the group from there',
    description:
      'The server keeps the group info of the first commit of each group and of every 32nd epoch after it. Do not trust it: apply the commits after `seq`, then compare the hash of the GroupContext with one that you trust.',
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
      "Get the welcome that made the device's leaf: that of the commit at `seq`, even if the leaf has ended since, or that of its current leaf",
    params: byConversation,
    query: parameters({ seq: Type.Optional(SeqSchema) }),
    response: {
      200: open('StoredWelcome', {
        seq: SeqSchema,
        groupNo: GroupNoSchema,
        welcome: Bytes(limits.maxCommitBytes, 'MLSMessage with a Welcome'),
        priorContext: Bytes(limits.maxCommitBytes, 'GroupContext of the epoch before the commit at `seq`'),
        priorTag: FixedBytes(
          32,
          'Confirmation tag of the commit that began that epoch, or of the initial group info at epoch 0',
        ),
      }),
    },
    errors: ['not_found'],
  }),
} as const
