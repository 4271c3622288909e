import type { DeviceId, UserId } from '@fastchat/schema'
import { emptyPskIndex, processPublicMessage } from 'ts-mls'
import { verifyMembershipTag } from 'ts-mls/authenticatedContent.js'
import type { ClientState } from 'ts-mls/clientState.js'
import { toTbs } from 'ts-mls/framedContent.js'
import { encodeGroupContext } from 'ts-mls/groupContext.js'
import { CryptoVerificationError } from 'ts-mls/mlsError.js'
import { decodePublicMessage, encodePublicMessage, type PublicMessage } from 'ts-mls/publicMessage.js'
import { applyCommit } from '../verify/apply-commit.ts'
import { sameBytes } from '../verify/bytes.ts'
import type { Leaf } from '../verify/commit-change.ts'
import { decodeMessage } from '../verify/decode.ts'
import { type DecodedCommit, type Handshake, readCommit } from '../verify/handshake.ts'
import { HandshakeError } from '../verify/handshake-error.ts'
import { judgeCommit } from '../verify/judge-commit.ts'
import type { PublicGroup } from '../verify/public-group.ts'
import type { Trust } from './check-tree.ts'
import { cipherSuite } from './engine.ts'
import { CannotProcess, type Unfollowed, UnlawfulCommit } from './errors.ts'
import { refuseOtherPlace } from './place.ts'

export interface CommitChecks {
  trust: Trust
  /** Users whose leave statement for this group stands in the log before this. */
  departed: readonly UserId[]
  /** Devices that their account has revoked, by statements in the log before this. */
  revoked: readonly DeviceId[]
}

/**
 * Applies somebody else's commit after every check a client owes its user: the public group's, which the server runs, too, trust in
 * each account key that comes in, and that the engine came to the same group. The engine alone would let a path change whose leaf
 * it is, and a joiner remove anybody.
 *
 * @throws UnlawfulCommit, CannotProcess, and what `checks.trust` throws; `state` stays good
 */
export async function processCommit(
  { publicGroup }: { readonly publicGroup: PublicGroup },
  state: ClientState,
  envelope: Uint8Array,
  { trust, departed, revoked }: CommitChecks,
) {
  const commit = read(envelope)
  const { handshake } = commit
  refuseOtherPlace(state, handshake)
  refuseOwn(state, handshake)
  const applied = await applyCommit(publicGroup, commit, (group, committer) =>
    judgeCommit({ handshake, committer, state: group, departed, revoked, isReplay: true }),
  )
  if (!applied.ok) {
    // Its author did not sign this: nobody is to be blamed for it.
    if (applied.reason === 'bad_signature') throw new CannotProcess('bad_signature')
    throw new UnlawfulCommit(applied.reason)
  }
  refuseReplacement(state, handshake)
  const codec = { decode: decodePublicMessage, encode: encodePublicMessage }
  const message = decodeMessage(envelope.slice(), 'publicMessage', codec)
  await refuseForeignTag(state, message)
  const { committer: author, group } = applied
  const { newState, consumed } = await process(state, message, { commit, committer: author, group })
  const isSame = sameBytes(encodeGroupContext(newState.groupContext), group.contextBytes)
  if (newState.groupActiveState.kind === 'active' && !isSame) throw new UnlawfulCommit('other_outcome')
  // Last, since it may ask a server, and only now is it certain that a member has sent them.
  const incoming = [...handshake.adds, ...(handshake.updateLeaf ? [handshake.updateLeaf] : [])]
  if (!(await trust(incoming))) throw new UnlawfulCommit('untrusted')
  const { leafIndex, userId, deviceId } = author
  const committer: Leaf = { leafIndex, userId, deviceId }
  return { state: newState, publicGroup: group, consumed, committer, change: applied.change }
}

function read(envelope: Uint8Array): DecodedCommit {
  try {
    return readCommit(envelope)
  } catch (cause) {
    if (cause instanceof HandshakeError) throw new UnlawfulCommit(cause.code, { cause })
    throw cause
  }
}

/** A member's commit has a tag that only members can make. Joins from outside have none (RFC 9420 §6.2). */
async function refuseForeignTag({ keySchedule, groupContext }: ClientState, message: PublicMessage): Promise<void> {
  if (message.senderType !== 'member') return
  const { content, auth, membershipTag } = message
  const tagged = { contentTbs: toTbs(content, 'mls_public_message', groupContext), auth }
  const { hash } = await cipherSuite
  if (!(await verifyMembershipTag(keySchedule.membershipKey, tagged, membershipTag, hash)))
    throw new CannotProcess('bad_membership_tag')
}

/** Signatures and membership tag are known to be good: what the engine still refuses are the path and the confirmation tag. */
async function process(state: ClientState, message: PublicMessage, unfollowed: Unfollowed) {
  return processPublicMessage(state, message, emptyPskIndex, await cipherSuite).catch((cause: unknown) => {
    const code = cause instanceof CryptoVerificationError ? 'bad_confirmation_tag' : 'bad_path'
    throw new CannotProcess(code, { cause, unfollowed })
  })
}

function refuseOwn(state: ClientState, { sender }: Handshake): void {
  const ownIndex = state.privatePath.leafIndex
  if (sender.type === 'member' && sender.leafIndex === ownIndex) throw new CannotProcess('own')
}

/** A lawful join from outside removes only the joiner's own old leaf: when that is ours, so is the joiner. */
function refuseReplacement(state: ClientState, { sender, removes }: Handshake): void {
  if (sender.type === 'external' && removes.includes(state.privatePath.leafIndex)) throw new CannotProcess('replaced')
}
