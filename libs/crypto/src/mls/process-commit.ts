import type { DeviceId, UserId } from '@fastchat/schema'
import { emptyPskIndex, processPublicMessage } from 'ts-mls'
import type { ClientState } from 'ts-mls/clientState.js'
import { decodePublicMessage, encodePublicMessage } from 'ts-mls/publicMessage.js'
import type { CommitChange, Leaf } from '../verify/commit-change.ts'
import type { CredentialClaims } from '../verify/credential.ts'
import { decodeMessage } from '../verify/decode.ts'
import { parseGroupId } from '../verify/group-id.ts'
import { type Handshake, readHandshake } from '../verify/handshake.ts'
import { HandshakeError } from '../verify/handshake-error.ts'
import { judgeCommit } from '../verify/judge-commit.ts'
import { refuseOtherOutcome } from './check-outcome.ts'
import type { Trust } from './check-tree.ts'
import { cipherSuite } from './engine.ts'
import { CannotProcess, UnlawfulCommit } from './errors.ts'
import { type Member, membersOf, rosterOf } from './members.ts'
import { refuseOtherPlace } from './place.ts'

export interface CommitChecks {
  trust: Trust
  /** Users whose leave statement for this group stands in the log before this. */
  departed: readonly UserId[]
  /** Devices that their account has revoked, as far as is known now. */
  revoked: readonly DeviceId[]
}

/**
 * Applies somebody else's commit after every check a client owes its user: the table of who may commit what, trust in
 * each account key that comes in, and afterwards that the group is what the proposals say. The engine alone would let a
 * path change whose leaf it is, and a joiner remove anybody.
 *
 * @throws UnlawfulCommit, CannotProcess, and what `checks.trust` throws; `state` stays good
 */
export async function processCommit(state: ClientState, envelope: Uint8Array, checks: CommitChecks) {
  const handshake = await readHandshake(envelope).catch(asUnlawful)
  refuseOtherPlace(state, handshake)
  refuseOwn(state, handshake)
  const before = membersOf(state.ratchetTree)
  const committer = committerOf(handshake, before)
  const judgement = judgeCommit({
    handshake,
    committer,
    state: {
      ...parseGroupId(state.groupContext.groupId),
      epoch: handshake.epoch,
      roster: rosterOf(state.groupContext),
      leaves: before,
    },
    departed: checks.departed,
    revoked: checks.revoked,
    isReplay: true,
  })
  if (!judgement.ok) throw new UnlawfulCommit(judgement.reason)
  refuseReplacement(state, handshake)
  const { change } = judgement
  const message = decodeMessage(envelope.slice(), 'publicMessage', {
    decode: decodePublicMessage,
    encode: encodePublicMessage,
  })
  const suite = await cipherSuite
  const { newState, consumed } = await processPublicMessage(state, message, emptyPskIndex, suite).catch((cause) => {
    throw new CannotProcess('undecryptable', { cause })
  })
  if (newState.groupActiveState.kind === 'active') refuseOtherOutcome(newState, before, handshake, change)
  // Last, since it may ask a server, and only now is it certain that a member has sent them.
  const incoming = [...handshake.adds, ...(handshake.updateLeaf ? [handshake.updateLeaf] : [])]
  if (!(await checks.trust(incoming))) throw new UnlawfulCommit('untrusted')
  return { state: newState, consumed, committer: leafOf(committer, handshake, change), change }
}

function refuseOwn(state: ClientState, { sender }: Handshake): void {
  const ownIndex = state.privatePath.leafIndex
  if (sender.type === 'member' && sender.leafIndex === ownIndex) throw new CannotProcess('own')
}

/** A lawful join from outside removes only the joiner's own old leaf: when that is ours, so is the joiner. */
function refuseReplacement(state: ClientState, { sender, removes }: Handshake): void {
  if (sender.type === 'external' && removes.includes(state.privatePath.leafIndex)) throw new CannotProcess('replaced')
}

function committerOf({ sender, updateLeaf }: Handshake, members: readonly Member[]): CredentialClaims {
  const claims =
    sender.type === 'external' ? updateLeaf : members.find((member) => member.leafIndex === sender.leafIndex)
  if (claims === undefined) throw new UnlawfulCommit('no_such_leaf')
  return claims
}

function leafOf({ userId, deviceId }: CredentialClaims, { sender }: Handshake, change: CommitChange): Leaf {
  const leafIndex = sender.type === 'member' ? sender.leafIndex : change.addedLeaves[0]?.leafIndex
  return { leafIndex: leafIndex ?? 0, userId, deviceId }
}

function asUnlawful(cause: unknown): never {
  if (cause instanceof HandshakeError) throw new UnlawfulCommit(cause.code, { cause })
  throw cause
}
