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
import { refuseOtherEpoch } from './refuse-other-epoch.ts'

export interface CommitChecks {
  trust: Trust
  /** Users whose leave statement for this group is in the log before this commit. */
  departed: readonly UserId[]
  /** Devices whose revocation is in the log before this commit. */
  revoked: readonly DeviceId[]
}

/**
 * Applies a commit of another device after all checks that a client needs. These are the checks of
 * the public group, which the server runs, too, and trust in each new account key. Last, the engine
 * must arrive at the same group. The engine alone would let a path change the owner of a leaf, and
 * let a joiner remove any member.
 *
 * @throws UnlawfulCommit, CannotProcess, and errors of `checks.trust`; `state` stays valid
 */
export async function processCommit(
  { publicGroup }: { readonly publicGroup: PublicGroup },
  state: ClientState,
  envelope: Uint8Array,
  { trust, departed, revoked }: CommitChecks,
) {
  const commit = read(envelope)
  const { handshake } = commit
  refuseOtherEpoch(state, handshake)
  refuseOwn(state, handshake)
  const applied = await applyCommit(publicGroup, commit, (group, committer) =>
    judgeCommit({ handshake, committer, state: group, departed, revoked, isReplay: true }),
  )
  if (!applied.ok) {
    // Its author did not sign this, so the author is not to blame.
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
  // Last, because it may ask a server, and only now is it certain that a member sent the commit.
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

/**
 * Checks the membership tag, which only members can make. External joins have none (RFC 9420 §6.2).
 */
async function refuseForeignTag({ keySchedule, groupContext }: ClientState, message: PublicMessage): Promise<void> {
  if (message.senderType !== 'member') return
  const { content, auth, membershipTag } = message
  const tagged = { contentTbs: toTbs(content, 'mls_public_message', groupContext), auth }
  const { hash } = await cipherSuite
  if (!(await verifyMembershipTag(keySchedule.membershipKey, tagged, membershipTag, hash)))
    throw new CannotProcess('bad_membership_tag')
}

/** Runs the engine. Only the path or the confirmation tag can be wrong: the rest was checked. */
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

/** A lawful external join removes only the joiner's old leaf: if it is ours, we are the joiner. */
function refuseReplacement(state: ClientState, { sender, removes }: Handshake): void {
  if (sender.type === 'external' && removes.includes(state.privatePath.leafIndex)) throw new CannotProcess('replaced')
}
