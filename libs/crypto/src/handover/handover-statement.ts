import type { DeviceId, UserId } from '@fastchat/schema'
import { ed25519 } from '@noble/curves/ed25519.js'
import { isSignedBy, signedBytes } from '../verify/signature.ts'

/** A new device asks the own devices for their history. */
export interface HandoverAskClaims {
  readonly userId: UserId
  readonly device: DeviceId
  readonly id: string
  /** The X25519 key of the ask, 32 bytes. */
  readonly key: Uint8Array
}

/** A device answers one ask. It names the key that it answers, so no other ask can get it. */
export interface HandoverAnswerClaims extends HandoverAskClaims {
  readonly askKey: Uint8Array
  readonly sealed: Uint8Array
}

const askLabel = 'fastchat handover ask v1'
const answerLabel = 'fastchat handover answer v1'

const askBytes = ({ userId, device, id, key }: HandoverAskClaims): Uint8Array =>
  signedBytes(askLabel, [userId, device, id, key])

const answerBytes = ({ userId, device, id, key, askKey, sealed }: HandoverAnswerClaims): Uint8Array =>
  signedBytes(answerLabel, [userId, device, id, askKey, key, sealed])

/** Signs an ask with the device's key (32-byte Ed25519 seed). */
export const signHandoverAsk = (signaturePrivate: Uint8Array, claims: HandoverAskClaims): Uint8Array =>
  ed25519.sign(askBytes(claims), signaturePrivate)

/** Returns whether the device with this signature key made the ask. Never throws. */
export const isHandoverAsk = (signatureKey: Uint8Array, claims: HandoverAskClaims, sig: Uint8Array): Promise<boolean> =>
  isSignedBy(signatureKey, askBytes(claims), sig)

/** Signs an answer with the device's key (32-byte Ed25519 seed). */
export const signHandoverAnswer = (signaturePrivate: Uint8Array, claims: HandoverAnswerClaims): Uint8Array =>
  ed25519.sign(answerBytes(claims), signaturePrivate)

/** Returns whether the device with this signature key made the answer. Never throws. */
export const isHandoverAnswer = (
  signatureKey: Uint8Array,
  claims: HandoverAnswerClaims,
  sig: Uint8Array,
): Promise<boolean> => isSignedBy(signatureKey, answerBytes(claims), sig)
