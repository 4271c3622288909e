import type { WallMs } from '@fastchat/clock'
import { HandshakeError, readKeyPackage } from '@fastchat/crypto/verify'
import { type DeviceId, fromBase64Url, limits, type UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import type { Device, DeviceStore } from './devices.ts'
import type { Budget, RateLimit } from './rate-limit.ts'
import type { User, Users } from './users.ts'

/**
 * A public key package with the fields that the registry stores. `ref` is the KeyPackageRef (RFC
 * 9420 §5.2).
 */
export type NewKeyPackage = { readonly ref: Uint8Array; readonly body: Uint8Array; readonly notAfter: Date }
export type Stock = { readonly count: number; readonly lastResort: boolean }
export type Claimed = {
  readonly deviceId: DeviceId
  /** Absent if the device has no package left. */
  readonly body: Uint8Array | undefined
  readonly lastResort: boolean
}

export type KeyPackageStore = {
  /**
   * Adds new packages and replaces the last-resort one, in one transaction. Returns the new stock,
   * or undefined if it would exceed `max`.
   */
  add(
    deviceId: DeviceId,
    packages: { readonly oneTime: readonly NewKeyPackage[]; readonly lastResort: NewKeyPackage | undefined },
    max: number,
  ): Promise<number | undefined>
  stock(deviceId: DeviceId): Promise<Stock>
  /**
   * Takes one package for each device of `userId` except `except`. Without `oneTime`, only
   * last-resort ones. A one-time package is never given out twice, even if it is uploaded again.
   */
  claim(userId: UserId, except: DeviceId, oneTime: boolean): Promise<readonly Claimed[]>
}

type Owner = { readonly userId: UserId; readonly deviceId: DeviceId }

export type KeyPackages = {
  /**
   * Stores packages of a device and returns its stock of one-time ones.
   *
   * @throws AppError `key_package_invalid` (the details say which and why), `key_packages_full`,
   *   `unauthorized`, `rate_limited`
   */
  upload(
    owner: Owner,
    packages: { readonly oneTime: readonly Uint8Array[]; readonly lastResort: Uint8Array | undefined },
  ): Promise<number>
  /** Returns how many one-time packages are left. */
  stock(deviceId: DeviceId): Promise<Stock>
  /**
   * Claims a package for each device of a user. Two budgets keep claimers, even many together, from
   * using up the user's one-time packages in a day. Beyond a budget, claims get last-resort
   * packages, which are not used up. The claims of one user are also limited, for each target and
   * in total.
   *
   * @throws AppError `not_found`, `rate_limited`
   */
  claim(claimer: Owner, userId: UserId): Promise<{ readonly user: User; readonly claimed: readonly Claimed[] }>
}

export function createKeyPackages(ports: {
  readonly store: KeyPackageStore
  readonly devices: Pick<DeviceStore, 'find'>
  readonly users: Pick<Users, 'byId'>
  readonly claims: RateLimit
  /** Counts by claimer. */
  readonly claimsOfAll: RateLimit
  readonly oneTimePerPair: Budget
  readonly oneTimePerTarget: Budget
  readonly uploads: RateLimit
  readonly wallMs: () => WallMs
}): KeyPackages {
  const { store, devices, users, claims, claimsOfAll, oneTimePerPair, oneTimePerTarget, uploads, wallMs } = ports
  return {
    async upload({ userId, deviceId }, { oneTime, lastResort }) {
      await uploads(deviceId)
      const [user, device] = await Promise.all([users.byId(userId), devices.find(userId, deviceId)])
      if (!user || !device) throw new AppError('unauthorized')
      const read = (body: Uint8Array, index: number, isLastResort: boolean) =>
        checkKeyPackage(body, { user, device, isLastResort, index, now: wallMs() })
      const packages = {
        oneTime: await Promise.all(oneTime.map((body, index) => read(body, index, false))),
        lastResort: lastResort && (await read(lastResort, oneTime.length, true)),
      }
      const count = await store.add(deviceId, packages, limits.maxKeyPackages)
      if (count === undefined) throw new AppError('key_packages_full', { max: limits.maxKeyPackages })
      return count
    },
    stock: (deviceId) => store.stock(deviceId),
    async claim(claimer, userId) {
      const pair = `${claimer.userId}:${userId}`
      await claims(pair)
      // This limit counts second, so claims that are rejected for one target do not count towards
      // the total.
      await claimsOfAll(claimer.userId)
      // The pair's budget counts first, so claims beyond it do not use up the target's budget.
      const oneTime = claimer.userId === userId || ((await oneTimePerPair(pair)) && (await oneTimePerTarget(userId)))
      const user = await users.byId(userId)
      if (!user) throw new AppError('not_found')
      return { user, claimed: await store.claim(userId, claimer.deviceId, oneTime) }
    },
  }
}

/** Checks that the package names exactly the owner that the registry knows. */
async function checkKeyPackage(
  body: Uint8Array,
  expected: { user: User; device: Device; isLastResort: boolean; index: number; now: WallMs },
): Promise<NewKeyPackage> {
  const { user, device, isLastResort, index, now } = expected
  const refuse = (reason: string) => new AppError('key_package_invalid', { index, reason })
  const claims = await readKeyPackage(body, { now }).catch((error: unknown) => {
    throw error instanceof HandshakeError ? refuse(error.code) : error
  })
  const isOwners =
    claims.userId === user.userId &&
    claims.deviceId === device.deviceId &&
    sameBytes(claims.accountKey, user.accountKey) &&
    sameBytes(claims.signatureKey, device.signatureKey)
  if (!isOwners) throw refuse('not_of_this_device')
  if (claims.lastResort !== isLastResort) throw refuse(isLastResort ? 'not_last_resort' : 'last_resort')
  return { ref: fromBase64Url(claims.ref), body, notAfter: new Date(claims.notAfter) }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
