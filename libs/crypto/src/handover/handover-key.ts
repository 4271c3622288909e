import { type DeviceId, toBase64Url, type UserId } from '@fastchat/schema'
import { x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { openWithGcm, sealWithGcm } from '../account/aes-gcm.ts'

/** A handover did not open: it is of another ask or device, or its bytes changed. */
export class HandoverError extends Error {
  override name = 'HandoverError'
}

/** An X25519 key pair of one ask or one answer. */
export interface HandoverKeys {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
}

/** The two ends of a handover. The key that both derive is bound to it. */
export interface HandoverContext {
  readonly userId: UserId
  /** The id of the ask. */
  readonly id: string
  readonly from: { readonly device: DeviceId; readonly key: Uint8Array }
  readonly to: { readonly device: DeviceId; readonly key: Uint8Array }
}

const label = 'fastchat/v1/handover'
const keyBytes = 32

export function createHandoverKeys(): HandoverKeys {
  const { secretKey, publicKey } = x25519.keygen()
  return { privateKey: secretKey, publicKey }
}

/**
 * Seals the list of a handover's parts with AES-256-GCM. The key is HKDF-SHA256 (RFC 5869) of the
 * X25519 secret of both ends (RFC 7748), with the context as info.
 *
 * @throws {HandoverError} when the other end's key is none
 */
export async function sealHandover(
  privateKey: Uint8Array,
  theirs: Uint8Array,
  context: HandoverContext,
  parts: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return await sealWithGcm(sharedKey(privateKey, theirs, context), parts, label)
}

/** @throws {HandoverError} unless the other end has sealed the parts for this one and this ask */
export async function openHandover(
  privateKey: Uint8Array,
  theirs: Uint8Array,
  context: HandoverContext,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  const key = sharedKey(privateKey, theirs, context)
  try {
    return await openWithGcm(key, sealed, label)
  } catch (cause) {
    throw new HandoverError('the parts do not open', { cause })
  }
}

function sharedKey(privateKey: Uint8Array, theirs: Uint8Array, { userId, id, from, to }: HandoverContext): Uint8Array {
  const ends = [from, to].map(({ device, key }) => [device, toBase64Url(key)])
  const info = new TextEncoder().encode(JSON.stringify([label, userId, id, ...ends]))
  try {
    return hkdf(sha256, x25519.getSharedSecret(privateKey, theirs), undefined, info, keyBytes)
  } catch (cause) {
    throw new HandoverError('a key of small order', { cause })
  }
}
