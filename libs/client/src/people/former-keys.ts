import { mayRemove } from '@fastchat/crypto/verify'
import { type ConversationId, toBase64Url, type UserId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import type { Conversations } from '../conversation/conversations.ts'

/** A group in which a person still stands under a former key. */
export type FormerKeyGroup = {
  readonly conversation: ConversationId
  /** This account may remove the person there and add them again. */
  readonly mayMend: boolean
}

/**
 * Returns the groups in which a person's devices are under another key than the pinned one.
 * Nothing mends them by itself: members who have the former key do not follow the change, so a
 * person decides about each group.
 */
export function groupsWithFormerKey(
  conversations: Conversations,
  { userId, key, me }: { readonly userId: UserId; readonly key: string; readonly me: UserId },
): FormerKeyGroup[] {
  return conversations.all.flatMap(({ id, record, group }) => {
    if (record.kind !== 'group' || record.status !== 'active' || !group) return []
    const isFormer = hasFormerKey({ group }, userId, key)
    return isFormer ? [{ conversation: id, mayMend: mayRemove(group.roster, { by: me, userId }) }] : []
  })
}

/** Begins the next group of a direct chat that still holds the former key of a person. */
export async function leaveFormerKey(conversations: Conversations, peer: UserId, key: string): Promise<void> {
  const chat = conversations.directWith(peer)
  if (chat && hasFormerKey(chat, peer, key)) await chat.beginNext()
}

const hasFormerKey = ({ group }: Pick<Conversation, 'group'>, person: UserId, key: string): boolean =>
  group?.members().some(({ userId, accountKey }) => userId === person && toBase64Url(accountKey) !== key) ?? false
