import type { BackedUpChat, ConversationId, SharedProfile } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'

/** The facts of a conversation that this device begins. */
export type Beginning = Pick<ConversationRecord, 'conversation' | 'kind' | 'groupNo'> &
  Partial<Pick<ConversationRecord, 'members' | 'departed' | 'peer' | 'request'>>

/**
 * Returns the first record of a conversation. Its cursor is 0, so it begins at the first entry that
 * this device may receive: it may have been a member before.
 */
export function beginningRecord(
  { conversation, kind, groupNo, members = [], departed = [], peer, request }: Beginning,
  profile: SharedProfile | undefined,
  now: number,
): ConversationRecord {
  return {
    conversation,
    kind,
    status: groupNo === 0 ? 'new' : 'joining',
    groupNo,
    cursor: 0,
    joinedSeq: 0,
    readSeq: 0,
    unread: 0,
    isCounted: true,
    lastAt: now,
    members,
    departed,
    profileSeq: profile?.seq ?? 0,
    ...(profile && { name: profile.name }),
    ...(request && { request }),
    ...(peer !== undefined && { peer }),
  }
}

/** Returns the record of a conversation that only the backup knows. */
export function rememberedRecord(
  conversation: ConversationId,
  { kind, at, name, peer, members }: BackedUpChat,
): ConversationRecord {
  return {
    ...{ conversation, kind, status: kind === 'direct' ? 'removed' : 'left', groupNo: 0 },
    ...{ cursor: 0, joinedSeq: 0, readSeq: 0, unread: 0, lastAt: at, departed: [], profileSeq: 0 },
    members: members.map(({ userId, role }) => ({
      userId,
      role: role === 'owner' || role === 'admin' ? role : 'member',
    })),
    ...(name !== undefined && { name }),
    ...(peer !== undefined && { peer }),
  }
}
