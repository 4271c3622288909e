import type { ConversationId } from '@fastchat/schema'
import { fingerprint } from './fingerprint.ts'

/**
 * Returns the digits that members of a group compare aloud, to know that they are in the same
 * group. They are equal only for members who share the secrets of the epoch. These members also
 * agree on roster and history (epoch authenticator, RFC 9420 §8.7). 30 digits in 6 groups of 5.
 * Takes about 30 ms.
 */
export function groupCheckDigits(conversation: ConversationId, epochAuthenticator: Uint8Array): string {
  const digits = fingerprint(new TextEncoder().encode(conversation), epochAuthenticator)
  return (digits.match(/.{5}/g) ?? []).join(' ')
}
