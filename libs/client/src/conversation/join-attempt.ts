import { CannotJoin, Group } from '@fastchat/crypto'
import { membersOfTree, momentOf } from '@fastchat/crypto/verify'
import { chatOperations, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { Batch } from '../store/records.ts'
import { type Attempt, packed } from './attempt.ts'
import type { Context } from './context.ts'
import { departuresIn } from './departures.ts'
import { isAsExpected } from './expected-group.ts'
import { readOffer, refuseOtherHistory } from './lawful-history.ts'
import type { Snapshot } from './read-result.ts'
import { revocationsIn } from './revocations.ts'
import { withUntrustedUser } from './untrusted-key.ts'

/** Makes an external commit (RFC 9420 §12.4.3.2) from the group info of the current epoch. */
export async function joinAttempt(context: Context, snapshot: Snapshot): Promise<Attempt> {
  const { conversation } = snapshot.record
  const params = { conversation }
  const info = await context.api.call(chatOperations.groupInfo, { params })
  const offered = await readOffer(fromBase64Url(info.groupInfo))
  await refuseOtherHistory(context, snapshot, offered)
  const theirs = await context.api.call(chatOperations.getConversation, { params })
  const { identity, pins } = context
  const lookUp = pins.lookUp()
  const join = { groupInfo: fromBase64Url(info.groupInfo), identity, trust: lookUp.trust }
  const made = await Group.joinExternally(join).catch((error: unknown) => {
    throw withUntrustedUser(error, lookUp)
  })
  if (made.pending.groupNo !== info.groupNo || !isAsExpected(snapshot, made.pending)) throw new CannotJoin('unlawful')
  const batch = new Batch()
  await pins.keep(lookUp.found, batch, () => context.store.write(batch.writes))
  const departed = await departuresIn(theirs, offered, context)
  const { proven: revoked } = await revocationsIn(theirs, membersOfTree(offered.tree), context)
  const { epoch, transcript } = momentOf(offered)
  const enteredFrom = { epoch, transcript: toBase64Url(transcript) }
  return { ...packed(context, info.groupNo, info.epoch, made), departed, revoked, enteredFrom }
}
