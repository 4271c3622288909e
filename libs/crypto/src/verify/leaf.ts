import type { LeafNode } from 'ts-mls/leafNode.js'
import { type CredentialClaims, readIdentity, verifyDeviceSignature } from './credential.ts'
import { HandshakeError } from './handshake-error.ts'
import { isUsableHpkeKey } from './hpke-key.ts'
import { rosterExtensionType } from './roster.ts'

/** The name of MLS cipher suite 1 (RFC 9420 §17.1). */
export const cipherSuiteName = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
/** A KeyPackage extension of the MLS extensions draft: the package may be claimed repeatedly. */
export const lastResortExtensionType = 0x000a

/**
 * A capability without an extension: the device reads rosters of version 2, with owner, policies
 * and bans. A device of the version before does not list it.
 */
const rosterVersion2Type = 0xf0c2

/** Says whether the device of a leaf reads rosters of version 2. */
export const readsVersion2 = ({ capabilities }: Pick<LeafNode, 'capabilities'>): boolean =>
  capabilities.extensions.includes(rosterVersion2Type)

/** The capabilities of every leaf. Other MLS implementations insist on x509. */
export const leafCapabilities = {
  versions: ['mls10'],
  ciphersuites: [cipherSuiteName],
  extensions: [rosterExtensionType, lastResortExtensionType, rosterVersion2Type],
  proposals: [],
  credentials: ['basic', 'x509'],
} satisfies LeafNode['capabilities']

/** The claims of a credential, and the account key's signature, which is not checked yet. */
export type UnverifiedClaims = CredentialClaims & { readonly sig: Uint8Array }

/**
 * Reads the owner of a leaf and checks everything that needs no signature: capabilities, keys, and
 * that there are no extensions.
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
  if (!isUsableHpkeKey(leaf.hpkePublicKey)) throw new HandshakeError('malformed', 'unusable encryption key')
  const claims = readIdentity(leaf.credential.identity, leaf.signaturePublicKey)
  claimsRead.set(leaf, claims)
  return claims
}

/** A leaf is read with its commit or key package, and again when its signatures are checked. */
const claimsRead = new WeakMap<LeafNode, UnverifiedClaims>()

/**
 * Reads a leaf like `readLeaf`, and checks the account key's signature for the device. The caller
 * checks the leaf's own signature, which covers different fields in a key package and in a commit.
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
    throw new HandshakeError('bad_credential', 'device not signed by the account key')
}
