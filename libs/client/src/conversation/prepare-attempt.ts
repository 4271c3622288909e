import { ClientError, Unreachable } from '../errors.ts'
import { buildAttempt } from './build-attempt.ts'
import { claim, usersToClaim } from './claim-key-packages.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import type { IntentQueue, Pending } from './intent-queue.ts'
import { isAboutDeparted, isCurrent, isMoot, mustWait } from './judge-intent.ts'
import { revokedOf } from './revocations.ts'

export type PreparingParts = {
  readonly queue: IntentQueue
  /** Returns whether this device may join once more. */
  readonly mayJoin: () => boolean
  /** Ends a change that has happened. */
  readonly end: (pending: Pending) => Promise<void>
}

/**
 * Stores a commit that makes the first change in the present state of the group.
 *
 * @returns false when no commit is to be sent: the change has ended, or another one comes first
 * @throws {Unreachable} when the change has to wait
 * @throws {ClientError} `not_a_member` when this device may not join once more
 * @throws {CannotJoin}
 * @throws {ServerError}
 */
export async function prepareAttempt(
  context: Context,
  state: ConversationState,
  parts: PreparingParts,
  pending: Pending,
): Promise<boolean> {
  await claimKeyPackages(context, state, parts.queue, pending)
  return await state.locked(() => prepareLocked(context, state, parts, pending))
}

async function claimKeyPackages(
  context: Context,
  state: ConversationState,
  queue: IntentQueue,
  pending: Pending,
): Promise<void> {
  for (const userId of usersToClaim(context, pending.record.change, state.record)) {
    if (
      pending.record.claimed.includes(userId) ||
      isMoot(pending.record.change, state.snapshot, context.identity.userId)
    )
      continue
    await queue.store(pending, await claim(context, pending.record, userId, revokedOf(state.record)))
  }
}

async function prepareLocked(
  context: Context,
  { snapshot }: ConversationState,
  { queue, mayJoin, end }: PreparingParts,
  pending: Pending,
): Promise<boolean> {
  if (queue.first !== pending) return false
  const { attempt, ...rest } = pending.record
  if (isMoot(rest.change, snapshot, context.identity.userId)) {
    await end(pending)
    return false
  }
  if (mustWait(rest.change, snapshot))
    throw new Unreachable('the group has to be entered again before it can be changed')
  if (isAboutDeparted(rest.change, snapshot)) {
    await removeDepartedFirst(queue)
    return false
  }
  if (attempt && isCurrent(attempt, snapshot, rest.change)) return true
  if (rest.change.kind === 'join' && !mayJoin())
    throw new ClientError('not_a_member', 'This device cannot get back into the conversation')
  const made = await buildAttempt(context, rest, snapshot.record, snapshot.group)
  if (!made) {
    await end(pending)
    return false
  }
  await queue.store(pending, { ...rest, attempt: made })
  if (made.epoch > pending.lastEpoch) Object.assign(pending, { lastEpoch: made.epoch, futile: 0 })
  return true
}

/**
 * Puts a removal before the first change. After a crash that change needs the removal again, or it
 * is done.
 */
async function removeDepartedFirst(queue: IntentQueue): Promise<void> {
  const waiting = queue.all.find(({ record }) => record.change.kind === 'prune')
  const prune = (waiting && queue.remove(waiting)) ?? queue.create({ kind: 'prune' })
  queue.addFirst(prune)
  if (!waiting) await queue.store(prune, prune.record)
}
