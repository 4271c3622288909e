import type { ConversationId, UserId } from '@fastchat/schema'
import type { ChatActions } from '../chat-actions.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { ClientError, isTemporary } from '../errors.ts'
import { newMessageId } from '../new-id.ts'

type Port = {
  /** Returns all conversations of this device. */
  all(): readonly Conversation[]
  readonly chats: Pick<ChatActions, 'setRole'>
  readonly me: UserId
}

/** How far leaving is: `left` of `groups`. */
export type LeavingProgress = { readonly left: number; readonly groups: number }

/**
 * Leaves all groups. Where this user is the only admin, the longest other member becomes admin
 * first; both are lines that everybody sees. Returns the groups that could not be left, because
 * this device is not in them or their rules stand against it. May be called again after an
 * interruption.
 *
 * @throws an error that a later call may not meet, or `signal`'s reason
 */
export async function leaveGroups(
  port: Port,
  tell: (progress: LeavingProgress) => void,
  signal?: AbortSignal,
): Promise<ConversationId[]> {
  const groups = port.all().filter(({ record }) => record.kind === 'group' && isIn(record.status))
  const stuck: ConversationId[] = []
  for (const [left, group] of groups.entries()) {
    signal?.throwIfAborted()
    tell({ left, groups: groups.length })
    try {
      const heir = heirOf(group, port.me)
      if (heir !== undefined) await orAborted(port.chats.setRole(group.id, heir, 'admin'), signal)
      await group.leave(newMessageId())
    } catch (error) {
      if (signal?.aborted || isTemporary(error) || isOfStore(error)) throw error
      stuck.push(group.id)
    }
  }
  tell({ left: groups.length, groups: groups.length })
  return stuck
}

const isIn = (status: string): boolean => status === 'active' || status === 'joining'

/** Returns who becomes admin when this user leaves, or undefined if an admin or nobody remains. */
function heirOf({ record }: Conversation, me: UserId): UserId | undefined {
  const present = record.members.filter(({ userId }) => userId !== me && !record.departed.includes(userId))
  const isAdmin = record.members.some(({ userId, role }) => userId === me && role === 'admin')
  // The roster lists the members in the order in which they came.
  return isAdmin && !present.some(({ role }) => role === 'admin') ? present[0]?.userId : undefined
}

const isOfStore = (error: unknown): boolean =>
  error instanceof ClientError && ['no_space', 'not_writable', 'store_damaged'].includes(error.code)

async function orAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return await work
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort))
}
