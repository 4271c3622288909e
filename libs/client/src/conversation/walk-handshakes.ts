import { CannotJoin } from '@fastchat/crypto'
import {
  applyCommit,
  changeWithoutJudgement,
  contextHashOf,
  HandshakeError,
  judgeCommit,
  membersOfTree,
  momentOf,
  type PublicGroup,
  readCommit,
} from '@fastchat/crypto/verify'
import {
  type ConversationId,
  type DeviceId,
  fromBase64Url,
  type Head,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import type { Context } from './context.ts'
import { departureIn } from './departures.ts'
import { handshakesAfter } from './handshakes-after.ts'
import { revocationIn } from './revocations.ts'

/** A group somewhere in the log. */
export type Start = {
  readonly group: PublicGroup
  readonly departed: readonly UserId[]
  readonly revoked?: readonly DeviceId[]
  /** The position in the log that it stands at, or an earlier one. */
  readonly after: number
  /** The server's word alone. The walk compares the context at the head with the known hash. */
  readonly isUnproven?: true
}

export type Walked = Pick<Start, 'group' | 'departed'>

type Road = {
  readonly conversation: ConversationId
  /** Up to this epoch of the group. Left out: as far as the group goes by the rules. */
  readonly epoch?: number
  /** What another device of this account held lawful. */
  readonly head?: Head | undefined
}

/**
 * Follows a group from one state over every handshake since, by the rules that the server and all members follow.
 *
 * @throws CannotJoin `other_history` when it is another group at the head, `unlawful` when the rules were broken before `epoch`
 * @throws what the server throws when it can't be asked
 */
export async function walkHandshakes(
  context: Context,
  start: Start,
  { conversation, epoch, head }: Road,
): Promise<Walked> {
  let { group, departed, revoked = [] } = start
  const { groupNo } = momentOf(group)
  const headEpoch = head?.groupNo === groupNo ? head.epoch : undefined
  const epochNow = () => momentOf(group).epoch
  const compare = () => {
    if (epochNow() === headEpoch && toBase64Url(contextHashOf(group)) !== head?.contextHash)
      throw new CannotJoin('other_history', { cause: new Error('another group than the one known to another device') })
  }
  compare()
  for await (const entry of handshakesAfter(context, conversation, start.after)) {
    if (epoch !== undefined && epochNow() >= epoch) break
    const envelope = fromBase64Url(entry.envelope ?? '')
    if (entry.kind === 'leave') {
      const leaver = await departureIn(envelope, group, context)
      if (leaver !== undefined) departed = [...departed, leaver]
      continue
    }
    if (entry.kind === 'revocation') {
      const found = await revocationIn(envelope, membersOfTree(group.tree), context)
      if (found !== undefined) revoked = [...revoked, found.deviceId]
      continue
    }
    const commit = readOrRefuse(envelope)
    const { handshake } = commit
    // Read before this device broke, or of a group before or after this one.
    if (handshake.groupNo !== groupNo || handshake.epoch < epochNow()) continue
    const isProvenLater = start.isUnproven && headEpoch !== undefined && epochNow() < headEpoch
    const applied = await applyCommit(group, commit, (state, committer) =>
      isProvenLater
        ? changeWithoutJudgement(handshake, state)
        : judgeCommit({ handshake, committer, state, departed, revoked, isReplay: true }),
    )
    const { adds, sender, updateLeaf } = handshake
    const newcomers = sender.type === 'external' && updateLeaf ? [updateLeaf] : adds
    // Their account keys are those known here; otherwise somebody could speak for a member without a device, and be gone again.
    if (applied.ok && !isProvenLater && newcomers.length > 0 && !(await context.pins.lookUp().trust(newcomers)))
      throw new CannotJoin('untrusted')
    if (!applied.ok) {
      if (epoch === undefined) break
      throw new CannotJoin('unlawful', { cause: new Error(applied.reason) })
    }
    group = applied.group
    departed = departed.filter((one) => group.roster.members.some((member) => member.userId === one))
    compare()
  }
  if (start.isUnproven && headEpoch !== undefined && epochNow() < headEpoch) throw new CannotJoin('other_history')
  return { group, departed }
}

function readOrRefuse(envelope: Uint8Array) {
  try {
    return readCommit(envelope)
  } catch (cause) {
    if (cause instanceof HandshakeError) throw new CannotJoin('unlawful', { cause })
    throw cause
  }
}
