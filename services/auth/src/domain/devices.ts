import { verifyDeviceSignature, verifyRevocation } from '@fastchat/crypto/verify'
import { type DeviceId, type IdleDevice, limits, sessionProofText, toBase64Url, type UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import { isEd25519Signature } from './ed25519.ts'
import type { Users } from './users.ts'

export type NewDevice = {
  readonly deviceId: DeviceId
  readonly userId: UserId
  readonly name: string
  readonly signatureKey: Uint8Array
  /** The account key's signature over the device. */
  readonly credentialSig: Uint8Array
  /** The device says that it is a terminal, browser, bot, or another word. */
  readonly kind?: string
  /** Name and kind, sealed by a device of the account. */
  readonly label?: Uint8Array
}
export type Device = NewDevice & { readonly createdAt: Date; readonly keyPackages: number }
/** `usedAt` is the hour of the last sign-in or refresh. */
export type ListedDevice = Device & { readonly usedAt: Date; readonly session: 'open' | 'ended' | 'idle' }
/** A new name of a device; `label` is the name as the account's devices sealed it. */
export type DeviceNaming = {
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly name: string
  readonly label?: Uint8Array
}

export type DeviceStore = {
  /**
   * Adds a device. Revoked devices do not count towards `maxDevices`, and their ids stay taken.
   */
  add(device: NewDevice, maxDevices: number): Promise<Device | 'exists' | 'too_many'>
  /** Returns the number of the account's password. */
  passwordNo(userId: UserId): Promise<number | undefined>
  /** Returns the devices that are not revoked. */
  list(userId: UserId): Promise<readonly ListedDevice[]>
  /** Returns false if the user has no such device, or it is revoked. */
  name(naming: DeviceNaming): Promise<boolean>
  /** Returns the devices that are not revoked, the longest idle first. */
  byIdleness(userId: UserId): Promise<readonly IdleDevice[]>
  find(userId: UserId, deviceId: DeviceId): Promise<Device | undefined>
  /**
   * Ends all rights of the device and appends the statement to its conversations. Returns false if
   * the user has no such device.
   */
  revoke(revocation: SignedRevocation): Promise<boolean>
  /** Returns the statement that revoked a device of the user. */
  revocationOf(userId: UserId, deviceId: DeviceId): Promise<Uint8Array | undefined>
}

/** A revocation; `by` is the device that requests it. */
type SignedRevocation = {
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly by: DeviceId
  readonly statement: Uint8Array
}

export type Devices = {
  /**
   * Refuses a login that came before the last change of the password. A token of the version before
   * names no password, and passes. @throws AppError `unauthorized`
   */
  expectPassword(userId: UserId, passwordNo: number | undefined): Promise<void>
  /**
   * Registers a device. @throws AppError `credential_invalid`, `device_exists`, `too_many_devices`
   * (the details list them), `unauthorized` (no such account)
   */
  register(device: NewDevice): Promise<Device>
  list(userId: UserId): Promise<readonly ListedDevice[]>
  /** Names a device of the user. @throws AppError `not_found` */
  name(naming: DeviceNaming): Promise<void>
  /**
   * Returns the user's device if `proof` is its signature over the enrol token.
   *
   * @throws AppError `not_found`, `forbidden`, `device_revoked` (the details have the statement)
   */
  findByProof(claim: { userId: UserId; deviceId: DeviceId; enrolToken: string; proof: Uint8Array }): Promise<Device>
  /**
   * Revokes a device permanently. The account key must have signed the statement, so a session
   * alone cannot do it. A device may revoke itself. A second revocation changes nothing.
   *
   * @throws AppError `not_found`, `revocation_invalid`, `unauthorized` (no such account)
   */
  revoke(revocation: SignedRevocation): Promise<void>
}

/** The error that tells a device of its revocation, with the signed statement as proof. */
export const deviceRevoked = (statement: Uint8Array): AppError =>
  new AppError('device_revoked', { statement: toBase64Url(statement) })

export function createDevices({ store, users }: { store: DeviceStore; users: Pick<Users, 'byId'> }): Devices {
  return {
    async expectPassword(userId, passwordNo) {
      if (passwordNo !== undefined && (await store.passwordNo(userId)) !== passwordNo)
        throw new AppError('unauthorized')
    },
    async register(device) {
      const user = await users.byId(device.userId)
      if (!user) throw new AppError('unauthorized')
      const claims = { ...device, accountKey: user.accountKey, sig: device.credentialSig }
      if (!(await verifyDeviceSignature(claims))) throw new AppError('credential_invalid')
      const added = await store.add(device, limits.maxDevicesPerUser)
      if (added === 'exists') throw new AppError('device_exists')
      if (added === 'too_many')
        throw new AppError('too_many_devices', { devices: await store.byIdleness(device.userId) })
      return added
    },
    list: (userId) => store.list(userId),
    async name(naming) {
      if (!(await store.name(naming))) throw new AppError('not_found')
    },
    async findByProof({ userId, deviceId, enrolToken, proof }) {
      const device = await store.find(userId, deviceId)
      if (!device) {
        const statement = await store.revocationOf(userId, deviceId)
        throw statement ? deviceRevoked(statement) : new AppError('not_found')
      }
      const text = new TextEncoder().encode(sessionProofText(enrolToken))
      if (!isEd25519Signature(device.signatureKey, text, proof)) throw new AppError('forbidden')
      return device
    },
    async revoke(revocation) {
      const { userId, deviceId, statement } = revocation
      const user = await users.byId(userId)
      if (!user) throw new AppError('unauthorized')
      const claims = await verifyRevocation(statement).catch(() => undefined)
      const isOurs =
        claims?.userId === userId &&
        claims.deviceId === deviceId &&
        Buffer.compare(claims.accountKey, user.accountKey) === 0
      if (!isOurs) throw new AppError('revocation_invalid')
      if (!(await store.revoke(revocation))) throw new AppError('not_found')
    },
  }
}
