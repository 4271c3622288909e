import { type ConversationId, toBase64Url } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import type { PresentHead } from './shared-state.ts'

/** The groups that this device is in and follows, by conversation. */
export function presentHeads(conversations: readonly Conversation[]): ReadonlyMap<ConversationId, PresentHead> {
  return new Map(
    conversations.flatMap(({ id, record, group }): [ConversationId, PresentHead][] => {
      if (!group?.isMember || group.isOfFormerRules || record.status !== 'active') return []
      const { groupNo, epoch, roster } = group
      return [[id, { groupNo, epoch, roster, contextHash: () => toBase64Url(group.contextHash) }]]
    }),
  )
}
