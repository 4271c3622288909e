import type { Group } from '@fastchat/crypto'
import { ClientError } from '../errors.ts'
import { readersOf } from '../groups/old-devices.ts'
import type { ConversationRecord, IntentRecord } from '../store/records.ts'
import { type Attempt, packed } from './attempt.ts'
import type { Context } from './context.ts'
import { createAttempt, newRoster, restartAttempt } from './create-attempt.ts'
import { joinAttempt } from './join-attempt.ts'
import { planChange } from './plan-change.ts'

/**
 * Makes the commit for a change of the group in its present state. Every commit also removes
 * members who have left and revoked devices.
 *
 * @returns undefined when the group is already as wanted
 */
export async function buildAttempt(
  context: Context,
  intent: IntentRecord,
  record: ConversationRecord,
  group: Group | undefined,
): Promise<Attempt | undefined> {
  const { change } = intent
  if (change.kind === 'join') return await joinAttempt(context, { record, group })
  if (change.kind === 'create')
    return await createAttempt(context, intent, record, newRoster(context, change.userIds, record), 1)
  if (change.kind === 'restart') return await restartAttempt(context, intent, record)
  if (!group) throw new ClientError('not_a_member')
  const plan = planChange(context, change, group, record, intent)
  if (!plan) return undefined
  const add = await readersOf(plan.roster ?? group.roster, plan.add)
  const made = await group.commit({ ...plan, add, trust: context.pins.trust })
  return packed(context, group.groupNo, group.epoch, made)
}
