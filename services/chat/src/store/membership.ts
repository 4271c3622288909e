import type { WallMs } from '@fastchat/clock'
import { type Handshake, HandshakeError, momentOf, sameMoment, verifyLeave } from '@fastchat/crypto/verify'
import type { Pool } from '@fastchat/db'
import type { ConversationId, DeviceId, ErrorCode, MessageId, Roster } from '@fastchat/schema'
import type { Logger } from '@fastchat/service'
import type { Standing } from '../domain/authorise.ts'
import { type ReadBundle, readBundle } from '../domain/check-bundle.ts'
import { refusalOfId } from '../domain/check-send.ts'
import { isPrune } from '../domain/is-prune.ts'
import { judgeBundle, refusalOfPlace } from '../domain/judge-bundle.ts'
import type { Announce, ConversationKey, EntryLog, Session } from '../domain/ports.ts'
import { acceptCommit } from './accept-commit.ts'
import type { EntryOutcome, IdentifiedBundle, Refused, Stored } from './entry-outcome.ts'
import { findEntry, readGroupState, readRegistry, readUserKeys } from './group-state.ts'
import { createPublicGroups } from './public-groups.ts'
import { withClient } from './with-client.ts'

export type MembershipDeps = {
  readonly pool: Pool
  /** Reads the accepted entry, so that it can be announced. */
  readonly entries: Pick<EntryLog, 'page'>
  readonly announce: Announce
  readonly log: Pick<Logger, 'warn'>
  readonly now: () => WallMs
}

/** The conversation that an entry is for, with the session's standing in it. */
type MemberRequest = { readonly session: Session; readonly standing: Standing; readonly conversation: ConversationId }

/** An answer of the SQL function `append_leave_statement`. */
type LeaveRow = {
  readonly outcome:
    | 'stored'
    | 'duplicate'
    | Extract<ErrorCode, 'conflict' | 'not_found' | 'stale_epoch' | 'forbidden' | 'direct_fixed' | 'last_admin'>
  readonly seq: number
}

export type Membership = ReturnType<typeof createMembership>

/**
 * Only a burst of leaves and revocations changes the state more often while one commit is judged.
 */
const maxJudgements = 3

/** Handles commits and leave statements, the entries that change the members of a group. */
export function createMembership({ pool, entries, announce, log, now }: MembershipDeps) {
  const publicGroups = createPublicGroups(pool)

  /**
   * Accepts a commit with its welcome and group info. For each epoch, it accepts exactly one. It
   * judges the commit without a lock, and the SQL function compares the state under the lock. If
   * the state has changed, it judges again.
   *
   * @param charge is called before the verdict on a commit that does more than remove members who
   *   left; it may throw
   */
  async function commit(
    { session, standing, conversation }: MemberRequest,
    bundle: IdentifiedBundle,
    charge: () => void = () => {},
  ): Promise<EntryOutcome> {
    const { key } = standing
    const idRefusal = refusalOfId(bundle.id, now())
    if (idRefusal) return refused(idRefusal)
    const known = await findEntry(pool, key, session.device, bundle.id, bundle.commit)
    if (known) return known.same ? announced(key, known.seq, true) : refused('conflict')
    const read = await readBundle(bundle, conversation, now())
    if (!read.ok) return malformed(read.reason)
    let isCharged = false
    const chargeOnce = () => {
      if (!isCharged) charge()
      isCharged = true
    }
    for (let judgement = 0; judgement < maxJudgements; judgement++) {
      const outcome = await judgeAndAccept({ session, standing, conversation }, bundle, read, chargeOnce)
      if (outcome === 'moved_on') continue
      if (!outcome.ok) return outcome
      return { ...(await announced(key, outcome.seq, outcome.duplicate)), ...(!isCharged && { isPrune: true }) }
    }
    return refused('busy')
  }

  async function judgeAndAccept(
    { session, standing: { key }, conversation }: MemberRequest,
    bundle: IdentifiedBundle,
    { commit, groupInfo, newGroup }: ReadBundle,
    charge: () => void,
  ): Promise<EntryOutcome | 'moved_on'> {
    const { handshake } = commit
    const state = await readGroupState(pool, key, conversation)
    if (state === undefined) return refused('not_found')
    const misplaced = refusalOfPlace(handshake, state)
    if (misplaced !== undefined) return refused(misplaced.code, misplaced.reason)
    const group = newGroup ?? (await publicGroups.at(key, state))
    if (group === undefined) return 'moved_on'
    if (!isPrune(handshake, group.roster, state)) charge()
    const registry = await readRegistry(pool, devicesOf(handshake, session.deviceId))
    const former = newGroup && state.groupNo > 0 ? await publicGroups.at(key, state) : group
    const judged = former ? { ...state, members: inOrderOf(former.roster, state.members) } : state
    const verdict = await judgeBundle({ commit, groupInfo, group, committer: session, state: judged, registry })
    if (!verdict.ok) return refused(verdict.code, verdict.reason)
    const users = await readUserKeys(
      pool,
      verdict.roster.members.map(({ userId }) => userId),
    )
    if (users.size < verdict.roster.members.length) return refused('unlawful_commit', 'unknown_user')
    const outcome = await acceptCommit(pool, { session, key, bundle, prior: group, state, verdict, registry, users })
    if (outcome !== 'moved_on' && outcome.ok)
      publicGroups.follow(key, { groupNo: handshake.groupNo, epoch: handshake.epoch + 1 }, verdict.group)
    return outcome
  }

  /** Stores a member's leave statement. The next commit removes the leaves of this member. */
  async function leave(
    { session, standing: { key }, conversation }: MemberRequest,
    { id, statement }: { readonly id: MessageId; readonly statement: Buffer },
  ): Promise<EntryOutcome> {
    const idRefusal = refusalOfId(id, now())
    if (idRefusal) return refused(idRefusal)
    const read = await readLeave(session, conversation, statement)
    if (!read.ok) return malformed(read.reason)
    const { claims } = read
    const known = await findEntry(pool, key, session.device, id, statement)
    if (known) return known.same ? announced(key, known.seq, true) : refused('conflict')
    const state = await readGroupState(pool, key, conversation)
    const group = state && (await publicGroups.at(key, state))
    if (group === undefined || !sameMoment(claims, momentOf(group))) return refused('stale_epoch')
    const { rows } = await withClient(pool, (client) =>
      client.query<LeaveRow>('select outcome, seq from append_leave_statement($1, $2, $3, $4, $5, $6, $7)', [
        key,
        session.user,
        session.device,
        id,
        claims.groupNo,
        claims.epoch,
        statement,
      ]),
    )
    const { outcome, seq } = rows[0]!
    if (outcome === 'stored' || outcome === 'duplicate') return announced(key, seq, outcome === 'duplicate')
    return refused(outcome)
  }

  async function readLeave(session: Session, conversation: ConversationId, statement: Buffer) {
    try {
      const claims = await verifyLeave(statement)
      const [device] = await readRegistry(pool, [session.deviceId])
      const isOurs =
        claims.conversation === conversation &&
        claims.userId === session.userId &&
        claims.deviceId === session.deviceId &&
        device !== undefined &&
        Buffer.compare(device.accountKey, claims.accountKey) === 0 &&
        Buffer.compare(device.signatureKey, claims.signatureKey) === 0
      return isOurs
        ? ({ ok: true, claims } as const)
        : ({ ok: false, reason: 'not a statement of this device about this conversation' } as const)
    } catch (error) {
      if (error instanceof HandshakeError) return { ok: false, reason: error.message } as const
      throw error
    }
  }

  /**
   * Announces a committed entry. If that fails, the sender still gets `ok`, because the sweep will
   * find the entry.
   */
  async function announced(key: ConversationKey, seq: number, duplicate: boolean): Promise<Stored> {
    try {
      const [delivery] = await entries.page(key, seq - 1, 1, 1)
      if (delivery?.seq === seq) announce(delivery)
    } catch (err) {
      log.warn({ err }, 'entry not announced')
    }
    return { ok: true, seq, duplicate }
  }

  return { commit, leave }
}

/** Sorts the members by their order in the roster, which the database does not keep. */
function inOrderOf(roster: Roster, members: Roster['members']): Roster['members'] {
  const places = new Map(roster.members.map(({ userId }, place) => [userId, place]))
  const placeOf = ({ userId }: Roster['members'][number]) => places.get(userId) ?? places.size
  return members.toSorted((a, b) => placeOf(a) - placeOf(b))
}

function devicesOf({ adds, updateLeaf }: Handshake, committer: DeviceId): DeviceId[] {
  return [
    ...new Set([committer, ...adds.map(({ deviceId }) => deviceId), ...(updateLeaf ? [updateLeaf.deviceId] : [])]),
  ]
}

const refused = (code: ErrorCode, reason?: string): Refused =>
  reason === undefined ? { ok: false, code } : { ok: false, code, details: { reason } }
const malformed = (reason: string): Refused => refused('malformed_handshake', reason)
