import { holdersOf, officeFor } from '@fastchat/crypto/verify'
import type { Pins } from '../account/pins.ts'
import type { ConversationRecord, Identity } from '../store/records.ts'
import { rosterOfRecord } from './roster-of-record.ts'

type Port = {
  readonly identity: Pick<Identity, 'userId'>
  readonly pins: Pick<Pins, 'lookAgain' | 'isDeleted'>
}

/**
 * Returns whether a user can vote to replace the owner or the admins of a group, because the
 * directory says that their accounts are deleted. It is a hint for an offer: the vote asks again.
 *
 * @throws {Unreachable | ServerError}
 */
export async function mayElect({ identity, pins }: Port, record: ConversationRecord): Promise<boolean> {
  const roster = rosterOfRecord(record)
  const office = record.status === 'active' ? officeFor(roster, identity.userId) : undefined
  if (roster.kind === 'direct' || office === undefined) return false
  const holders = holdersOf(roster, office)
  await pins.lookAgain(holders)
  return holders.every((holder) => pins.isDeleted(holder))
}
