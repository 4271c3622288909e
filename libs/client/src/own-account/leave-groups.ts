import type { ConversationId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { ClientError, isTemporary } from '../errors.ts'
import type { Groups } from '../groups/groups.ts'

type Port = {
  /** Returns all conversations of this device. */
  all(): readonly Conversation[]
  readonly groups: Pick<Groups, 'heir' | 'leave'>
}

/** How far leaving is: `left` of `groups`. */
export type LeavingProgress = { readonly left: number; readonly groups: number }

/**
 * Leaves all groups. The owner hands over to the longest admin, or to the longest member, as does
 * the only admin; everybody sees these lines. Returns the groups that could not be left, because
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
      const successor = port.groups.heir(group.id)
      await orAborted(port.groups.leave(group.id, successor === undefined ? {} : { successor }), signal)
    } catch (error) {
      if (signal?.aborted || isTemporary(error) || isOfStore(error)) throw error
      stuck.push(group.id)
    }
  }
  tell({ left: groups.length, groups: groups.length })
  return stuck
}

const isIn = (status: string): boolean => status === 'active' || status === 'joining'

const isOfStore = (error: unknown): boolean =>
  error instanceof ClientError && ['storage_full', 'not_writable', 'store_corrupt'].includes(error.code)

async function orAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return await work
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort))
}
