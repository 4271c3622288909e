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

/** A state of a group from which a walk starts. */
export type WalkStart = {
  readonly group: PublicGroup
  readonly departed: readonly UserId[]
  readonly revoked?: readonly DeviceId[]
  /** The log position of that state, or an earlier one. */
  readonly after: number
  /**
   * Only the server vouches for this state. The walk compares the context at the head with the
   * known hash.
   */
  readonly isUnproven?: true
}

export type WalkResult = Pick<WalkStart, 'group' | 'departed'>

type WalkEnd = {
  readonly conversation: ConversationId
  /** The walk ends at this epoch of the group. When left out, it goes as far as the rules allow. */
  readonly epoch?: number
  /** The state that another device of this account held lawful. */
  readonly head?: Head | undefined
}

/**
 * Follows a group from one state over every handshake since, by the rules that the server and all
 * members apply.
 *
 * @throws {CannotJoin} `other_history` when the group at the head is another one, `unlawful` when
 *   the rules were broken before `epoch`
 * @throws the error of the request when the server does not answer
 */
export async function walkHandshakes(
  context: Context,
  start: WalkStart,
  { conversation, epoch, head }: WalkEnd,
): Promise<WalkResult> {
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
    // The commit was read before this device broke, or belongs to an earlier or later group.
    if (handshake.groupNo !== groupNo || handshake.epoch < epochNow()) continue
    const isProvenLater = start.isUnproven && headEpoch !== undefined && epochNow() < headEpoch
    const applied = await applyCommit(group, commit, (state, committer) =>
      isProvenLater
        ? changeWithoutJudgement(handshake, state)
        : judgeCommit({ handshake, committer, state, departed, revoked, isReplay: true }),
    )
    const { adds, sender, updateLeaf } = handshake
    const newcomers = sender.type === 'external' && updateLeaf ? [updateLeaf] : adds
    // The account keys of newcomers must be the ones known here. Otherwise someone could join for a
    // member without a device, and leave again.
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
