import type { DeviceId, UserId } from '@fastchat/schema'
import { ed25519 } from '@noble/curves/ed25519.js'
import { type CredentialClaims, credentialSignedBytes, encodeIdentity } from '../verify/credential.ts'
import { encodeLeave, type GroupMoment, leaveSignedBytes } from '../verify/leave.ts'
import { type Vote, type VoteSubject, voteSignedBytes } from '../verify/vote.ts'

/** A device and its signing key. Keys are raw Ed25519 of 32 bytes; a private key is its seed. */
export interface DeviceIdentity {
  userId: UserId
  deviceId: DeviceId
  accountKey: Uint8Array
  /** The signature from `signCredential`. */
  credentialSig: Uint8Array
  signaturePrivate: Uint8Array
  signaturePublic: Uint8Array
}

export function createDeviceKeys(): { signaturePrivate: Uint8Array; signaturePublic: Uint8Array } {
  const { secretKey, publicKey } = ed25519.keygen()
  return { signaturePrivate: secretKey, signaturePublic: publicKey }
}

/** Makes the identity key of an account. Its private half is stored in the vault. */
export function createAccountKey(): { accountPrivate: Uint8Array; accountKey: Uint8Array } {
  const { secretKey, publicKey } = ed25519.keygen()
  return { accountPrivate: secretKey, accountKey: publicKey }
}

/** Returns the public key of a private account key. */
export function accountKeyOf(accountPrivate: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(accountPrivate)
}

/** Signs a device with the account key. Returns 64 bytes. */
export function signCredential(accountPrivate: Uint8Array, device: Omit<CredentialClaims, 'accountKey'>): Uint8Array {
  return ed25519.sign(credentialSignedBytes(device), accountPrivate)
}

/** Signs a leave statement about a group at one moment. The client posts it to the conversation. */
export function signLeave(identity: DeviceIdentity, moment: GroupMoment): Uint8Array {
  const { userId, deviceId, accountKey, credentialSig, signaturePublic: signatureKey } = identity
  const { conversation, groupNo, epoch, transcript } = moment
  const claims = { conversation, groupNo, epoch, transcript, userId, deviceId, accountKey, signatureKey }
  return encodeLeave({
    ...claims,
    credentialSig,
    sig: ed25519.sign(leaveSignedBytes(claims), identity.signaturePrivate),
  })
}

/** Signs this device's vote on the admins of a group. */
export function signVote(identity: DeviceIdentity, subject: VoteSubject): Vote {
  const { userId, deviceId } = identity
  const sig = ed25519.sign(voteSignedBytes(subject, { userId, deviceId }), identity.signaturePrivate)
  return { userId, deviceId, sig }
}

export function credentialOf(identity: DeviceIdentity) {
  return { credentialType: 'basic', identity: encodeIdentity({ ...identity, sig: identity.credentialSig }) } as const
}
