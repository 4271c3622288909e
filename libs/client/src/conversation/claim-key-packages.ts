import { readKeyPackage } from '@fastchat/crypto/verify'
import { authOperations, type DeviceId, fromBase64Url, type UserId } from '@fastchat/schema'
import { ClientError, ServerError } from '../errors.ts'
import type { ConversationRecord, IntentRecord, MembershipChange } from '../store/records.ts'
import type { Context } from './context.ts'

/** Returns the users whose key packages a change needs. */
export function usersToClaim(
  context: Context,
  change: MembershipChange,
  record: ConversationRecord,
): readonly UserId[] {
  if (change.kind === 'create') return [...new Set([...change.userIds, context.identity.userId])]
  if (change.kind === 'restart') return record.members.map(({ userId }) => userId)
  return change.kind === 'add' ? change.userIds : []
}

/**
 * Claims one key package per device of a user, without the devices known to be revoked. The intent
 * keeps them, so that a rebuilt commit uses the same packages.
 */
export async function claim(
  context: Context,
  intent: IntentRecord,
  userId: UserId,
  revoked: readonly DeviceId[],
): Promise<IntentRecord> {
  const claimed = [...intent.claimed, userId]
  const keyPackages = [...intent.keyPackages]
  const { user, keyPackages: offers } = await offered(context, intent, userId)
  if (user?.userId === userId) await context.pins.learn([user])
  for (const { deviceId, keyPackage } of offers) {
    if (deviceId !== context.identity.deviceId && (await isUsable(context, userId, keyPackage, revoked)))
      keyPackages.push({ userId, keyPackage })
  }
  return { ...intent, claimed, keyPackages }
}

async function offered(context: Context, { change }: IntentRecord, userId: UserId) {
  try {
    return await context.api.call(authOperations.claimKeyPackages, { body: { userId } })
  } catch (error) {
    // A member whose account is deleted must not stop the others.
    if (change.kind === 'restart' && error instanceof ServerError && error.code === 'not_found')
      return { user: undefined, keyPackages: [] }
    throw error
  }
}

/**
 * Returns whether a key package can be used. An expired or malformed one is left out: its device
 * joins by itself later.
 *
 * @throws {ClientError} `key_changed` when the package is under another account key than the pinned
 *   one
 */
async function isUsable(
  context: Context,
  userId: UserId,
  keyPackage: string,
  revoked: readonly DeviceId[],
): Promise<boolean> {
  const claims = await readKeyPackage(fromBase64Url(keyPackage), { now: context.clock.wallMs() }).catch(() => undefined)
  if (claims?.userId !== userId || revoked.includes(claims.deviceId)) return false
  if (await context.pins.trust([claims])) return true
  throw new ClientError(
    'key_changed',
    `The server shows another key for ${context.pins.nameOf(userId)} than the one known here`,
  )
}
