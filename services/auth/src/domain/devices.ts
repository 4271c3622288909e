import { verifyDeviceSignature } from '@fastchat/crypto/verify'
import { type DeviceId, limits, sessionProofText, type UserId } from '@fastchat/schema'
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
  find(userId: UserId, deviceId: DeviceId): Promise<Device | undefined>
}

export type Devices = {
  /** @throws AppError `credential_invalid`, `device_exists`, `too_many_devices`, `unauthorized` (no such account) */
  register(device: NewDevice): Promise<Device>
  list(userId: UserId): Promise<readonly Device[]>
  /**
   * The user's device, if `proof` is its signature over the enrol token.
   *
   * @throws AppError `not_found`, `forbidden`
   */
  recognise(claim: { userId: UserId; deviceId: DeviceId; enrolToken: string; proof: Uint8Array }): Promise<Device>
}

export function createDevices({ store, users }: { store: DeviceStore; users: Pick<Users, 'byId'> }): Devices {
  return {
    async register(device) {
      const user = await users.byId(device.userId)
      if (!user) throw new AppError('unauthorized')
      const claims = { ...device, accountKey: user.accountKey, sig: device.credentialSig }
      if (!(await verifyDeviceSignature(claims))) throw new AppError('credential_invalid')
      const added = await store.add(device, limits.maxDevicesPerUser)
      if (added === 'exists') throw new AppError('device_exists')
      if (added === 'too_many') throw new AppError('too_many_devices')
      return added
    },
    list: (userId) => store.list(userId),
    async recognise({ userId, deviceId, enrolToken, proof }) {
      const device = await store.find(userId, deviceId)
      if (!device) throw new AppError('not_found')
      const text = new TextEncoder().encode(sessionProofText(enrolToken))
      if (!isEd25519Signature(device.signatureKey, text, proof)) throw new AppError('forbidden')
      return device
    },
  }
}
