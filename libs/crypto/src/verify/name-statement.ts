import type { UserId } from '@fastchat/schema'
import { isSignedBy, signedBytes } from './signature.ts'

/** The name of a user, signed by the account key. So a server cannot give it to another user. */
export interface NameClaims {
  userId: UserId
  username: string
}

const label = 'fastchat name v1'

/** Returns the bytes that the account key signs for the account's name. */
export function nameSignedBytes({ userId, username }: NameClaims): Uint8Array {
  return signedBytes(label, [userId, username])
}

/** Checks the signature of a name. The caller must know whether the account key is the user's. */
export function verifyNameSignature(
  statement: NameClaims & { accountKey: Uint8Array; sig: Uint8Array },
): Promise<boolean> {
  return isSignedBy(statement.accountKey, nameSignedBytes(statement), statement.sig)
}
