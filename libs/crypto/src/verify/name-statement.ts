import type { UserId } from '@fastchat/schema'
import { isSignedBy, signedBytes } from './signature.ts'

/** Which name a user has, by the word of the account key. So a server can't give one user's name to another. */
export interface NameClaims {
  userId: UserId
  username: string
}

const label = 'fastchat name v1'

/** What the account key signs to state the account's name. */
export function nameSignedBytes({ userId, username }: NameClaims): Uint8Array {
  return signedBytes(label, [userId, username])
}

/** Whether `sig` is the account key's signature of this name. Whether that key is the user's own is the caller's to know. */
export function verifyNameSignature(
  statement: NameClaims & { accountKey: Uint8Array; sig: Uint8Array },
): Promise<boolean> {
  return isSignedBy(statement.accountKey, nameSignedBytes(statement), statement.sig)
}
