import type { LeafNode } from 'ts-mls/leafNode.js'
import { type CredentialClaims, readIdentity, verifyDeviceSignature } from './credential.ts'
import { HandshakeError } from './handshake-error.ts'
import { isUsableHpkeKey } from './hpke-key.ts'
import { rosterExtensionType } from './roster.ts'

/** RFC 9420 §17.1, suite 1. */
export const cipherSuiteName = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
/** KeyPackage extension of the MLS extensions draft: this package may be claimed more than once. */
export const lastResortExtensionType = 0x000a

/** What every leaf must be able to do; x509 because other MLS implementations insist on it. */
export const leafCapabilities = {
  versions: ['mls10'],
  ciphersuites: [cipherSuiteName],
  extensions: [rosterExtensionType, lastResortExtensionType],
  proposals: [],
  credentials: ['basic', 'x509'],
} satisfies LeafNode['capabilities']

/** A credential's claims, and the account key's signature for them, which is not checked yet. */
export type UnverifiedClaims = CredentialClaims & { readonly sig: Uint8Array }

/**
 * Reads whose leaf it is, and checks what needs no signature: capabilities, keys, no extensions.
 *
 * @throws HandshakeError `unsupported`, `malformed`
 */
export function readLeaf(leaf: LeafNode): UnverifiedClaims {
  const known = claimsRead.get(leaf)
  if (known !== undefined) return known
  const { versions, ciphersuites, extensions, credentials } = leaf.capabilities
  const isCapable =
    versions.includes('mls10') &&
    ciphersuites.includes(cipherSuiteName) &&
    extensions.includes(rosterExtensionType) &&
    credentials.includes('basic') &&
    credentials.includes('x509')
  if (!isCapable) throw new HandshakeError('unsupported', 'leaf lacks a capability')
  if (leaf.extensions.length > 0) throw new HandshakeError('unsupported', 'leaf has extensions')
  if (leaf.credential.credentialType !== 'basic') throw new HandshakeError('unsupported', 'credential is not basic')
  if (!isUsableHpkeKey(leaf.hpkePublicKey)) throw new HandshakeError('malformed', 'encryption key of no use')
  const claims = readIdentity(leaf.credential.identity, leaf.signaturePublicKey)
  claimsRead.set(leaf, claims)
  return claims
}

/** A leaf is read with the commit or key package that it is in, and again when its signatures are checked. */
const claimsRead = new WeakMap<LeafNode, UnverifiedClaims>()

/**
 * As `readLeaf`, and checks that the account key vouches for the device. The leaf's own signature is the caller's to check,
 * since it covers different things in a key package and in a commit.
 *
 * @throws HandshakeError `unsupported`, `malformed`, `bad_credential`
 */
export async function verifyLeaf(leaf: LeafNode): Promise<CredentialClaims> {
  const claims = readLeaf(leaf)
  await verifyClaims(claims)
  const { sig: _, ...verified } = claims
  return verified
}

/** @throws HandshakeError `bad_credential` */
export async function verifyClaims(claims: UnverifiedClaims): Promise<void> {
  if (!(await verifyDeviceSignature(claims)))
    throw new HandshakeError('bad_credential', 'the account key does not vouch for this device')
}
