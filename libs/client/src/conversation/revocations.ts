import type { Member } from '@fastchat/crypto'
import { verifyRevocation } from '@fastchat/crypto/verify'
import { type Conversation, type DeviceId, fromBase64Url, toBase64Url, type UserId } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'

type Asked = Pick<Context, 'pins'>
type Leaf = Pick<Member, 'userId' | 'deviceId' | 'accountKey'>
type RevokedDevice = Pick<Leaf, 'userId' | 'deviceId'>

/**
 * The number of removed revoked devices that are remembered, so that they can't return. The oldest
 * are forgotten first.
 */
const maxOut = 256

/**
 * Returns the device that a statement revokes. The statement is signed by the account key of that
 * device's leaf, and the pin or the directory confirms that key.
 *
 * Undefined otherwise: for a statement of another account, or about a device that is not in the
 * group.
 *
 * @throws the error of the directory when it does not answer: that decides nothing
 */
export async function revocationIn(
  statement: Uint8Array,
  leaves: readonly Leaf[],
  { pins }: Asked,
): Promise<RevokedDevice | undefined> {
  const claims = await verifyRevocation(statement).catch(() => undefined)
  if (claims === undefined) return undefined
  const { userId, deviceId, accountKey } = claims
  const leaf = leaves.find((one) => one.userId === userId && one.deviceId === deviceId)
  if (leaf === undefined || toBase64Url(leaf.accountKey) !== toBase64Url(accountKey)) return undefined
  return (await pins.lookUp().trust([claims])) ? { userId, deviceId } : undefined
}

/**
 * Checks the revocations that the server wants in the next commit. Returns the devices that are
 * proven to be revoked, and the users whom the other statements name.
 */
export async function revocationsIn(
  { revocations }: Pick<Conversation, 'revocations'>,
  leaves: readonly Leaf[],
  context: Asked,
): Promise<{ readonly proven: readonly DeviceId[]; readonly unproven: readonly (UserId | undefined)[] }> {
  const proven: DeviceId[] = []
  const unproven: (UserId | undefined)[] = []
  // A group has no more revocable devices than leaves.
  for (const text of revocations.slice(0, leaves.length)) {
    const statement = fromBase64Url(text)
    const revoked = await revocationIn(statement, leaves, context)
    if (revoked) proven.push(revoked.deviceId)
    else unproven.push(await claimedOf(statement, leaves))
  }
  return { proven, unproven }
}

/** Returns the group member whom an invalid statement names, for the line about it. */
export async function claimedOf(statement: Uint8Array, leaves: readonly Leaf[]): Promise<UserId | undefined> {
  const claims = await verifyRevocation(statement).catch(() => undefined)
  return leaves.find(({ userId }) => userId === claims?.userId)?.userId
}

/** Returns the devices of this group that are known to be revoked, with or without a leaf. */
export const revokedOf = ({ revoked = [], revokedOut = [] }: ConversationRecord): readonly DeviceId[] => [
  ...revoked,
  ...revokedOut,
]

/** Returns whether a user or a device has to be removed before anything is encrypted. */
export const mustPrune = ({ departed, revoked = [] }: ConversationRecord): boolean =>
  departed.length > 0 || revoked.length > 0

/** Returns the record with these devices revoked, too. */
export function withRevoked(record: ConversationRecord, devices: readonly DeviceId[]): ConversationRecord {
  if (devices.length === 0) return record
  return { ...record, revoked: [...new Set([...(record.revoked ?? []), ...devices])] }
}

/** Returns the record after a commit. Revoked devices without a leaf are marked as removed. */
export function withoutRemoved(
  record: ConversationRecord,
  leaves: readonly Pick<Leaf, 'deviceId'>[],
): ConversationRecord {
  const { revoked = [], revokedOut = [] } = record
  if (revoked.length === 0) return record
  const isIn = (device: DeviceId) => leaves.some(({ deviceId }) => deviceId === device)
  const out = [...revokedOut, ...revoked.filter((device) => !isIn(device))].slice(-maxOut)
  return { ...record, revoked: revoked.filter(isIn), revokedOut: out }
}
