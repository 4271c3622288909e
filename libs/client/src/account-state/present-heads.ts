import { type ConversationId, type Seq, type SharedProfile, toBase64Url } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { toHead } from '../groups/roster-of-record.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { PresentHead } from './state-exchange.ts'

/** Returns the groups that this device is in and follows, by conversation. */
export function presentHeads(conversations: readonly Conversation[]): ReadonlyMap<ConversationId, PresentHead> {
  return new Map(
    conversations.flatMap(({ id, record, group }): [ConversationId, PresentHead][] => {
      if (!group?.isMember || group.isOfFormerRules || record.status !== 'active') return []
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

/** Returns the name that this device has read in the log or learnt from another device. */
function profileOf({ name, profileSeq }: ConversationRecord): { readonly profile?: SharedProfile } {
  if (name === undefined || profileSeq === 0) return {}
  // The cast holds because a position that was read is one of the log.
  return { profile: { name, seq: profileSeq as Seq } }
}
