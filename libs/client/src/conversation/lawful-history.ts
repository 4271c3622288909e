import { CannotJoin } from '@fastchat/crypto'
import {
  contextHashOf,
  HandshakeError,
  momentOf,
  type PublicGroup,
  readGroupInfo,
  verifyPublicGroup,
} from '@fastchat/crypto/verify'
import { toBase64Url } from '@fastchat/schema'
import type { Context } from './context.ts'
import { refuseUnlessDescendant } from './descend-from-head.ts'
import { keptGroup } from './kept-group.ts'
import type { Snapshot } from './read-result.ts'
import { revokedOf } from './revocations.ts'
import { walkHandshakes } from './walk-handshakes.ts'

/**
 * Returns the public group of a GroupInfo that the server offers. Its signatures are checked.
 *
 * @throws {CannotJoin} `malformed`, `unlawful`
 */
export async function readOffer(groupInfo: Uint8Array): Promise<PublicGroup> {
  try {
    return await verifyPublicGroup(readGroupInfo(groupInfo))
  } catch (cause) {
    if (cause instanceof HandshakeError) throw new CannotJoin('unlawful', { cause })
    throw cause
  }
}

/**
 * Refuses a group that does not follow from the last state that this device holds lawful. A new
 * device uses the state of another device of its account. That state, advanced over every handshake
 * since, must equal the offered one byte for byte. So neither a forged GroupInfo nor an old one
 * misleads a device.
 *
 * When no device of the account has a state of this group, there is nothing to compare with: this
 * is a first entry, or one after a removal.
 *
 * @throws {CannotJoin} `other_history`, `unlawful`, `untrusted`
 * @throws the error of the request when the server does not answer
 */
export async function refuseOtherHistory(context: Context, snapshot: Snapshot, offered: PublicGroup): Promise<void> {
  const { record, group } = snapshot
  const { conversation } = record
  const head = context.headOf(conversation)
  const { groupNo, epoch } = momentOf(offered)
  if (head?.groupNo === groupNo && epoch < head.epoch) throw new CannotJoin('other_history')
  if (!group && !record.lawful && head) return await refuseUnlessDescendant(context, conversation, head, offered)
  const last = group?.isMember ? group.publicGroup : await keptGroup(context.store, record)
  if (last === undefined || momentOf(last).groupNo !== groupNo) return
  const after = (record.brokenAt ?? record.joinedSeq + 1) - 1
  const start = { group: last, departed: record.departed, revoked: revokedOf(record), after }
  const walked = await walkHandshakes(context, start, { conversation, epoch, head })
  if (toBase64Url(contextHashOf(walked.group)) !== toBase64Url(contextHashOf(offered)))
    throw new CannotJoin('other_history')
}
