import { limits, toBase64Url } from '@fastchat/schema'
import { decodeKeyPackage, encodeKeyPackage, encodeKeyPackageTBS, type KeyPackage } from 'ts-mls/keyPackage.js'
import { sha256 } from '#primitives'
import { concat, sameBytes, withLength } from './bytes.ts'
import type { CredentialClaims } from './credential.ts'
import { decodeMessage } from './decode.ts'
import { HandshakeError } from './handshake-error.ts'
import { isUsableHpkeKey } from './hpke-key.ts'
import { cipherSuiteName, lastResortExtensionType, readLeaf, readsVersion2, verifyClaims } from './leaf.ts'
import { isLeafSigned } from './leaf-signature.ts'
import { isSignedWithLabel } from './signature.ts'

export interface KeyPackageClaims extends CredentialClaims {
  /** The key package may be claimed more than once. */
  lastResort: boolean
  /** The lifetime, in milliseconds since 1970. */
  notBefore: number
  notAfter: number
  /** KeyPackageRef (RFC 9420 §5.2) as base64url. It names the private part, also in a Welcome. */
  ref: string
  /** The device reads rosters of version 1 only. */
  isOld?: true
}

const dayMs = 24 * 60 * 60 * 1000
export const maxLifetimeMs = 90 * dayMs
/** How much the clocks of a device and of a server may differ. */
export const clockSkewMs = 60 * 60 * 1000

/**
 * Reads and checks a key package, an MLSMessage with a KeyPackage (RFC 9420 §10.1): suite, both
 * signatures, credential, capabilities, extensions and lifetime.
 *
 * @param now milliseconds since 1970. Leave it out for a package that was added some time ago and
 *   may have expired since.
 * @throws HandshakeError
 */
export async function readKeyPackage(message: Uint8Array, { now }: { now?: number } = {}): Promise<KeyPackageClaims> {
  if (message.length > limits.maxKeyPackageBytes) throw new HandshakeError('malformed', 'key package too large')
  const keyPackage = decodeMessage(message, 'keyPackage', { decode: decodeKeyPackage, encode: encodeKeyPackage })
  return verifyKeyPackageClaims(keyPackage, now)
}

async function verifyKeyPackageClaims(keyPackage: KeyPackage, now?: number): Promise<KeyPackageClaims> {
  const claims = readKeyPackageClaims(keyPackage, now)
  await verifyKeyPackageSignatures(keyPackage)
  return claims
}

/**
 * Reads a key package and checks everything that needs no signature.
 *
 * @throws HandshakeError
 */
export function readKeyPackageClaims(keyPackage: KeyPackage, now?: number): KeyPackageClaims {
  const { leafNode, initKey } = keyPackage
  if (keyPackage.version !== 'mls10' || keyPackage.cipherSuite !== cipherSuiteName)
    throw new HandshakeError('unsupported', 'another version or cipher suite')
  if (!isUsableHpkeKey(initKey)) throw new HandshakeError('malformed', 'unusable init key')
  if (sameBytes(initKey, leafNode.hpkePublicKey))
    throw new HandshakeError('malformed', 'init key and encryption key are the same')
  const { sig: _, ...claims } = readLeaf(leafNode)
  const ref = toBase64Url(keyPackageRef(encodeKeyPackage(keyPackage)))
  return { ...claims, lastResort: isLastResort(keyPackage), ...lifetimeOf(keyPackage, now), ref, ...oldMark(leafNode) }
}

const oldMark = (leaf: KeyPackage['leafNode']): { isOld?: true } => (readsVersion2(leaf) ? {} : { isOld: true })

/** Checks the signatures of credential, leaf and package. @throws HandshakeError */
export async function verifyKeyPackageSignatures(keyPackage: KeyPackage): Promise<void> {
  const { leafNode, signature } = keyPackage
  await verifyClaims(readLeaf(leafNode))
  const isSigned =
    (await isLeafSigned(leafNode)) &&
    (await isSignedWithLabel(
      leafNode.signaturePublicKey,
      'KeyPackageTBS',
      [encodeKeyPackageTBS(keyPackage)],
      signature,
    ))
  if (!isSigned) throw new HandshakeError('bad_signature', 'key package not signed by its device')
}

/** Computes MakeKeyPackageRef (RFC 9420 §5.2). */
function keyPackageRef(encoded: Uint8Array): Uint8Array {
  return sha256(concat(withLength(new TextEncoder().encode('MLS 1.0 KeyPackage Reference')), withLength(encoded)))
}

function isLastResort({ extensions, leafNode }: KeyPackage): boolean {
  const [first, ...others] = extensions
  if (first === undefined) return false
  if (others.length > 0 || first.extensionType !== lastResortExtensionType || first.extensionData.length > 0)
    throw new HandshakeError('unsupported', 'key package has an extension that is not used here')
  // Other MLS implementations reject a package whose leaf does not list its extensions
  // (RFC 9420 §10).
  if (!leafNode.capabilities.extensions.includes(lastResortExtensionType))
    throw new HandshakeError('unsupported', 'capabilities lack the last-resort extension')
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
