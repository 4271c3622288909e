import type { LeafNode } from 'ts-mls/leafNode.js'
import { type CredentialClaims, verifyCredential } from './credential.ts'
import { HandshakeError } from './handshake-error.ts'
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

/**
 * Checks what does not depend on where the leaf comes from: capabilities, no extensions, its credential. Its own
 * signature is the caller's to check, since it covers different things in a key package and in a commit.
 *
 * @throws HandshakeError `unsupported`, `malformed`, `bad_credential`
 */
export async function verifyLeaf(leaf: LeafNode): Promise<CredentialClaims> {
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
  return verifyCredential(leaf.credential.identity, leaf.signaturePublicKey)
}
