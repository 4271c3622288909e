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
  /** The account key's word for it. */
  readonly credentialSig: Uint8Array
}
export type Device = NewDevice & { readonly createdAt: Date; readonly keyPackages: number }

export type DeviceStore = {
  /** Revoked devices are not counted, and their ids stay taken. */
  add(device: NewDevice, maxDevices: number): Promise<Device | 'exists' | 'too_many'>
  /** Not the revoked. */
  list(userId: UserId): Promise<readonly Device[]>
  /** Not the revoked; the one that was idle longest comes first. */
  byIdleness(userId: UserId): Promise<readonly IdleDevice[]>
  find(userId: UserId, deviceId: DeviceId): Promise<Device | undefined>
  /** Ends all that the device may do, and puts the statement into its conversations. `false`: the user has no such device. */
  revoke(revocation: SignedRevocation): Promise<boolean>
  /** The statement by which a device of the user was revoked. */
  revocationOf(userId: UserId, deviceId: DeviceId): Promise<Uint8Array | undefined>
}

/** `by`: the device that asks for it. */
type SignedRevocation = {
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly by: DeviceId
  readonly statement: Uint8Array
}

export type Devices = {
  /** @throws AppError `credential_invalid`, `device_exists`, `too_many_devices` (details have them), `unauthorized` (no such account) */
  register(device: NewDevice): Promise<Device>
  list(userId: UserId): Promise<readonly Device[]>
  /**
   * The user's device, if `proof` is its signature over the enrol token.
   *
   * @throws AppError `not_found`, `forbidden`, `device_revoked` (details have the statement)
   */
  recognise(claim: { userId: UserId; deviceId: DeviceId; enrolToken: string; proof: Uint8Array }): Promise<Device>
  /**
   * Revokes a device for ever, by a statement of the account key, so a session alone can't do it. A device may revoke itself. Once more it
   * does nothing.
   *
   * @throws AppError `not_found`, `revocation_invalid`, `unauthorized` (no such account)
   */
  revoke(revocation: SignedRevocation): Promise<void>
}

/** Tells a device that it was revoked, with the proof. */
export const deviceRevoked = (statement: Uint8Array): AppError =>
  new AppError('device_revoked', { statement: toBase64Url(statement) })

export function createDevices({ store, users }: { store: DeviceStore; users: Pick<Users, 'byId'> }): Devices {
  return {
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
    async recognise({ userId, deviceId, enrolToken, proof }) {
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
