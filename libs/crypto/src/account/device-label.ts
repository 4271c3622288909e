import type { DeviceId, UserId } from '@fastchat/schema'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { openWithGcm, sealWithGcm } from './aes-gcm.ts'

/** The device that a label is about, and the key that the account's devices share. */
export interface LabelContext {
  /** The key from `deriveStateKey`. */
  readonly stateKey: Uint8Array
  readonly userId: UserId
  readonly deviceId: DeviceId
}

/** The label did not open: it is of another device or account, or its bytes changed. */
export class DeviceLabelError extends Error {
  override name = 'DeviceLabelError'
}

const keyBytes = 32
const lengthBytes = 2
const label = 'fastchat/v1/device-label'
/** Every label has this size, so that it shows no length of a name. */
const paddedBytes = 512

/** The largest label. A name of 64 letters fits, whatever its letters are. */
export const maxDeviceLabelBytes = paddedBytes - lengthBytes

/**
 * Seals what a device of the account says about a device, with AES-256-GCM under HKDF-SHA256 of the
 * state key. User and device are the associated data, so a server cannot exchange two labels.
 *
 * @returns nonce (12) ‖ ciphertext of (length in 2 bytes, big-endian ‖ label ‖ zeros up to 512) ‖
 *   tag (16)
 * @throws {RangeError} when the label is too large
 */
export function sealDeviceLabel(context: LabelContext, content: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (content.length > maxDeviceLabelBytes) throw new RangeError('the label is too large')
  const padded = new Uint8Array(paddedBytes)
  new DataView(padded.buffer).setUint16(0, content.length)
  padded.set(content, lengthBytes)
  return sealWithGcm(keyOf(context), padded, associatedData(context))
}

/** @throws {DeviceLabelError} unless `sealed` is a label of this account and device */
export async function openDeviceLabel(context: LabelContext, sealed: Uint8Array): Promise<Uint8Array> {
  try {
    const padded = await openWithGcm(keyOf(context), sealed, associatedData(context))
    const length = new DataView(padded.buffer).getUint16(0)
    return padded.subarray(lengthBytes, lengthBytes + length)
  } catch (cause) {
    throw new DeviceLabelError('the device label does not open', { cause })
  }
}

const keyOf = ({ stateKey }: LabelContext): Uint8Array =>
  hkdf(sha256, stateKey, undefined, new TextEncoder().encode(label), keyBytes)

/** JSON keeps the parts apart, whatever they contain. */
const associatedData = ({ userId, deviceId }: LabelContext): string => JSON.stringify([label, userId, deviceId])
