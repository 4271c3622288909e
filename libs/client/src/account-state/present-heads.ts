import type { Group } from '@fastchat/crypto'
import {
  type ConversationId,
  type Epoch,
  type GroupNo,
  type Seq,
  type SharedProfile,
  toBase64Url,
} from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { rosterOfRecord, toHead } from '../groups/roster-of-record.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { PresentHead } from './state-exchange.ts'

/** Returns the groups that this device is in and follows, by conversation. */
export function presentHeads(conversations: readonly Conversation[]): ReadonlyMap<ConversationId, PresentHead> {
  return new Map(
    conversations.flatMap((conversation): [ConversationId, PresentHead][] => {
      const { id, record } = conversation
      if (!conversation.hasGroup || record.status !== 'active') return []
      if (!conversation.isGroupDecoded && record.lawful) return [[id, recordedHead(conversation, record.lawful)]]
      const { group } = conversation
      if (!group?.isMember || group.isOfFormerRules) return []
      const { groupNo, epoch, roster } = group
      return [
        [
          id,
          {
            groupNo,
            epoch,
            ...toHead(roster),
            contextHash: () => toBase64Url(group.contextHash),
            ...profileOf(record),
          },
        ],
      ]
    }),
  )
}

/** Returns the head of a group as its record has it: the last lawful state and its roster. */
function recordedHead(conversation: Conversation, { groupNo, epoch }: Lawful): PresentHead {
  const { record } = conversation
  return {
    // The casts hold because a lawful state is that of a group.
    ...{ groupNo: groupNo as GroupNo, epoch: epoch as Epoch, ...toHead(rosterOfRecord(record)), ...profileOf(record) },
    // The cast holds because the caller has checked that there is a group.
    contextHash: () => toBase64Url((conversation.group as Group).contextHash),
  }
}

type Lawful = NonNullable<ConversationRecord['lawful']>

/** Returns the name that this device has read in the log or learnt from another device. */
function profileOf({ name, profileSeq }: ConversationRecord): { readonly profile?: SharedProfile } {
  if (name === undefined || profileSeq === 0) return {}
  // The cast holds because a position that was read is one of the log.
  return { profile: { name, seq: profileSeq as Seq } }
}
