import { authOperations, type DeviceId, fromBase64Url } from '@fastchat/schema'
import { readDevice } from '../devices/own-device.ts'
import type { HandoverPort } from './handover-port.ts'

/** Devices of a list that are read: more than an account may have. */
const maxListed = 100

/**
 * Returns the signature key of a device of this account. Undefined unless the account key has
 * signed it, the server lists it, and neither the backup nor a chat says that it was revoked.
 *
 * @throws the error of the request when the server does not answer
 */
export async function signerOf(
  { api, identity, isRevoked }: Pick<HandoverPort, 'api' | 'identity' | 'isRevoked'>,
  deviceId: DeviceId,
): Promise<Uint8Array | undefined> {
  if (isRevoked(deviceId)) return undefined
  const { devices } = await api.call(authOperations.listDevices, {})
  const device = devices.slice(0, maxListed).find((one) => one.deviceId === deviceId)
  if (!device || (await readDevice(identity, device)) === undefined) return undefined
  return fromBase64Url(device.signatureKey)
}
