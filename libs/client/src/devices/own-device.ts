import { verifyDeviceSignature } from '@fastchat/crypto/verify'
import { type Device, type DeviceId, fromBase64Url, shownLabel } from '@fastchat/schema'
import type { Identity } from '../store/records.ts'
import { openLabel } from './device-label.ts'

/** A device of this account, as this device knows it. */
export type OwnDevice = {
  readonly deviceId: DeviceId
  /** A number that stays with the device on this device, from 1. */
  readonly number: number
  readonly name: string
  /** The device said that it is a terminal, a browser, a bot, or another word. */
  readonly kind?: string
  /**
   * Who says the name: a device of the account (`account`), or only the server, for devices from
   * before names were sealed.
   */
  readonly saidBy: 'account' | 'server'
  /** The time of its registration by the server, in ISO 8601. */
  readonly createdAt: string
  /** The hour of its last sign-in or refresh by the server, in ISO 8601. */
  readonly usedAt?: string
  /** The server says whether it is signed in, or was signed out because it was not used. */
  readonly session?: 'open' | 'ended' | 'idle'
  readonly isThis: boolean
  /** It signed in and was not shown on this device yet. */
  readonly isNew: boolean
}

/** A device that the account key has signed. */
export type SignedDevice = Omit<OwnDevice, 'number' | 'isNew'>

/**
 * Returns the device if the account key has signed it. The name is the sealed one; without one, the
 * server's. Undefined: it is no device of the account.
 */
export async function readDevice(identity: Identity, device: Device): Promise<SignedDevice | undefined> {
  if (!(await isSigned(identity, device))) return undefined
  const { deviceId, createdAt, usedAt, session, label: sealed } = device
  const { userId, stateKey } = identity
  const label =
    sealed !== undefined && stateKey !== undefined
      ? await openLabel({ stateKey: fromBase64Url(stateKey), userId, deviceId }, sealed)
      : undefined
  const kind = label ? label.kind : device.kind
  return {
    deviceId,
    name: label?.name ?? shownLabel(device.name) ?? 'a device without a name',
    ...(kind !== undefined && { kind }),
    saidBy: label ? 'account' : 'server',
    createdAt,
    ...(usedAt !== undefined && { usedAt }),
    ...(session !== undefined && { session }),
    isThis: deviceId === identity.deviceId,
  }
}

async function isSigned({ userId, accountKey }: Identity, device: Device): Promise<boolean> {
  try {
    return await verifyDeviceSignature({
      ...{ userId, deviceId: device.deviceId },
      ...{ accountKey: fromBase64Url(accountKey), signatureKey: fromBase64Url(device.signatureKey) },
      sig: fromBase64Url(device.credentialSig),
    })
  } catch {
    return false
  }
}
