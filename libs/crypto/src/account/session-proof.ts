import { sessionProofText } from '@fastchat/schema'
import { ed25519 } from '@noble/curves/ed25519.js'

/** Signs an enrol token with the device's key (32-byte Ed25519 seed), to open a session again. */
export function signSessionProof(signaturePrivate: Uint8Array, enrolToken: string): Uint8Array {
  return ed25519.sign(new TextEncoder().encode(sessionProofText(enrolToken)), signaturePrivate)
}
