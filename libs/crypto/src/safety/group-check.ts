import type { ConversationId } from '@fastchat/schema'
import { fingerprint } from './fingerprint.ts'

/**
 * The digits that members of a group compare, aloud, to know that all of them are in the same one: equal only for those who share the
 * epoch's secrets, and with them members, roles and everything that was changed before (epoch authenticator, RFC 9420 §8.7). 30 digits as 6
 * groups of 5 with a space between. Takes about 30 ms.
 */
export function groupCheckDigits(conversation: ConversationId, epochAuthenticator: Uint8Array): string {
  const digits = fingerprint(new TextEncoder().encode(conversation), epochAuthenticator)
  return (digits.match(/.{5}/g) ?? []).join(' ')
}
