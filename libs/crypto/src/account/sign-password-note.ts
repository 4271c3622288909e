import { ed25519 } from '@noble/curves/ed25519.js'
import { encodePasswordNote, type PasswordNoteClaims, passwordNoteSignedBytes } from '../verify/password-note.ts'

/** Signs the note of a new password with the account's key (32-byte Ed25519 seed). */
export function signPasswordNote(
  accountPrivate: Uint8Array,
  { userId, version, by }: Omit<PasswordNoteClaims, 'accountKey'>,
): Uint8Array {
  const sig = ed25519.sign(passwordNoteSignedBytes({ userId, version, by }), accountPrivate)
  return encodePasswordNote({ userId, version, by, accountKey: ed25519.getPublicKey(accountPrivate), sig })
}
