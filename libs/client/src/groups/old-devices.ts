import { isVersion2, type JudgedLeaf, readKeyPackage } from '@fastchat/crypto/verify'
import type { Roster } from '@fastchat/schema'
import { ClientError } from '../errors.ts'

/**
 * Returns the key packages of devices that can read a roster. A device of a former version that
 * can't is left out: it joins by itself once it is updated.
 */
export async function readersOf(roster: Roster, keyPackages: readonly Uint8Array[]): Promise<Uint8Array[]> {
  if (!isVersion2(roster)) return [...keyPackages]
  const areOld = await Promise.all(keyPackages.map(isOld))
  return keyPackages.filter((_, at) => areOld[at] !== true)
}

/** Says whether all devices read rosters of version 2, so that a new group may have an owner. */
export async function areNew(keyPackages: readonly Uint8Array[]): Promise<boolean> {
  return !(await Promise.all(keyPackages.map(isOld))).includes(true)
}

async function isOld(keyPackage: Uint8Array): Promise<boolean> {
  const claims = await readKeyPackage(keyPackage).catch(() => undefined)
  return claims?.isOld === true
}

/**
 * Refuses a roster that a device of the group could not read: it could not follow the change.
 *
 * @throws {ClientError} `old_apps` that names the users of those devices
 */
export function refuseOldDevices(
  {
    before,
    after,
    leaves,
  }: { readonly before: Roster; readonly after: Roster; readonly leaves: readonly JudgedLeaf[] },
  nameOf: (userId: JudgedLeaf['userId']) => string,
): void {
  if (isVersion2(before) || !isVersion2(after)) return
  const old = new Set(leaves.filter((leaf) => leaf.isOld === true).map(({ userId }) => userId))
  if (old.size === 0) return
  const names = [...old].map(nameOf).join(', ')
  throw new ClientError('old_apps', `An app of ${names} is too old for this. Ask them to update and to connect once`)
}
