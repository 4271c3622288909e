import type { UserId } from '@fastchat/schema'
import { fingerprint } from './fingerprint.ts'

/** A user as one client knows it. `accountKey` is the pinned Ed25519 public key, 32 bytes. */
export interface SafetyParty {
  readonly userId: UserId
  readonly accountKey: Uint8Array
}

const accountKeyBytes = 32

/**
 * Returns the number that two people compare, aloud or as a QR code, to know that nobody exchanged
 * a key. It is equal on both sides only if both have the same two account keys. 60 digits in 12
 * groups of 5; the halves of the users in ascending order. Takes about 60 ms.
 *
 * @throws {RangeError} when an account key is not 32 bytes
 */
export function safetyNumber({ mine, theirs }: { readonly mine: SafetyParty; readonly theirs: SafetyParty }): string {
  const [a, b] = [half(mine), half(theirs)]
  const digits = a < b ? a + b : b + a
  return (digits.match(/.{5}/g) ?? []).join(' ')
}

function half({ userId, accountKey }: SafetyParty): string {
  if (accountKey.length !== accountKeyBytes) throw new RangeError(`an account key has ${accountKeyBytes} bytes`)
  return fingerprint(new TextEncoder().encode(userId), accountKey)
}
