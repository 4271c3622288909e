import { sessionProofText } from '@fastchat/schema'
import { ed25519 } from '@noble/curves/ed25519.js'

/** Proof that this device still has its signature key (the 32-byte Ed25519 seed), for opening its session again. */
export function signSessionProof(signaturePrivate: Uint8Array, enrolToken: string): Uint8Array {
  return ed25519.sign(new TextEncoder().encode(sessionProofText(enrolToken)), signaturePrivate)
}
