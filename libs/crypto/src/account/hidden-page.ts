import type { DeviceId, MessageId, UserId } from '@fastchat/schema'
import { ed25519 } from '@noble/curves/ed25519.js'
import { isSignedBy, signedBytes } from '../verify/signature.ts'

/** Messages that the user has deleted for itself on one device. */
export interface HiddenPageClaims {
  readonly userId: UserId
  readonly deviceId: DeviceId
  /** The number of the page among those of the device. */
  readonly page: number
  readonly ids: readonly MessageId[]
}

const label = 'fastchat hidden v1'

/** Returns the bytes that the device signs. */
const pageBytes = ({ userId, deviceId, page, ids }: HiddenPageClaims): Uint8Array =>
  signedBytes(label, [userId, deviceId, String(page), ids.join(',')])

/** Signs a page with the device's key (32-byte Ed25519 seed). */
export const signHiddenPage = (signaturePrivate: Uint8Array, claims: HiddenPageClaims): Uint8Array =>
  ed25519.sign(pageBytes(claims), signaturePrivate)

/** Returns whether the device with this signature key wrote the page. Never throws. */
export const isHiddenPage = (signatureKey: Uint8Array, claims: HiddenPageClaims, sig: Uint8Array): Promise<boolean> =>
  isSignedBy(signatureKey, pageBytes(claims), sig)
