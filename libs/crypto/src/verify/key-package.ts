import { limits, toBase64Url } from '@fastchat/schema'
import { makeHashImpl } from 'ts-mls/crypto/implementation/default/makeHashImpl.js'
import {
  decodeKeyPackage,
  encodeKeyPackage,
  type KeyPackage,
  makeKeyPackageRef,
  verifyKeyPackage,
} from 'ts-mls/keyPackage.js'
import { verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js'
import type { CredentialClaims } from './credential.ts'
import { decodeMessage } from './decode.ts'
import { HandshakeError } from './handshake-error.ts'
import { cipherSuiteName, lastResortExtensionType, verifyLeaf } from './leaf.ts'
import { ed25519 } from './signature.ts'

export interface KeyPackageClaims extends CredentialClaims {
  /** May be claimed more than once. */
  lastResort: boolean
  /** Milliseconds since 1970. */
  notBefore: number
  notAfter: number
  /** KeyPackageRef (RFC 9420 §5.2), base64url: names the private part, also in a Welcome. */
  ref: string
}

const dayMs = 24 * 60 * 60 * 1000
export const maxLifetimeMs = 90 * dayMs
/** How far the clocks of a device and of a server may differ. */
export const clockSkewMs = 60 * 60 * 1000

/**
 * Reads and checks a key package, an MLSMessage with a KeyPackage (RFC 9420 §10.1): suite, both signatures, credential,
 * capabilities, extensions, lifetime.
 *
 * @param now milliseconds since 1970; leave it out for a package that was added some time ago and may have expired since.
 * @throws HandshakeError
 */
export async function readKeyPackage(message: Uint8Array, { now }: { now?: number } = {}): Promise<KeyPackageClaims> {
  if (message.length > limits.maxKeyPackageBytes) throw new HandshakeError('malformed', 'key package too large')
  const keyPackage = decodeMessage(message, 'keyPackage', { decode: decodeKeyPackage, encode: encodeKeyPackage })
  return verifyKeyPackageClaims(keyPackage, now)
}

/** As `readKeyPackage`, for a key package found inside a commit. */
export async function verifyKeyPackageClaims(keyPackage: KeyPackage, now?: number): Promise<KeyPackageClaims> {
  if (keyPackage.version !== 'mls10' || keyPackage.cipherSuite !== cipherSuiteName)
    throw new HandshakeError('unsupported', 'another version or cipher suite')
  if (keyPackage.initKey.every((byte, at) => byte === keyPackage.leafNode.hpkePublicKey[at]))
    throw new HandshakeError('malformed', 'init key and encryption key are the same')
  const claims = await verifyLeaf(keyPackage.leafNode)
  const scheme = await ed25519
  const isSigned =
    (await verifyLeafNodeSignatureKeyPackage(keyPackage.leafNode, scheme).catch(() => false)) &&
    (await verifyKeyPackage(keyPackage, scheme).catch(() => false))
  if (!isSigned) throw new HandshakeError('bad_signature', 'key package not signed by its device')
  const ref = await makeKeyPackageRef(keyPackage, makeHashImpl(crypto.subtle, 'SHA-256'))
  return { ...claims, lastResort: isLastResort(keyPackage), ...lifetimeOf(keyPackage, now), ref: toBase64Url(ref) }
}

function isLastResort({ extensions }: KeyPackage): boolean {
  const [first, ...others] = extensions
  if (first === undefined) return false
  if (others.length > 0 || first.extensionType !== lastResortExtensionType || first.extensionData.length > 0)
    throw new HandshakeError('unsupported', 'key package has an extension that is not used here')
  return true
}

function lifetimeOf({ leafNode }: KeyPackage, now: number | undefined): { notBefore: number; notAfter: number } {
  const notBefore = Number(leafNode.lifetime.notBefore) * 1000
  const notAfter = Number(leafNode.lifetime.notAfter) * 1000
  if (notAfter - notBefore > maxLifetimeMs + clockSkewMs || notAfter < notBefore)
    throw new HandshakeError('expired', 'lifetime too long')
  if (now !== undefined && (now < notBefore - clockSkewMs || now > notAfter))
    throw new HandshakeError('expired', 'outside its lifetime')
  return { notBefore, notAfter }
}
