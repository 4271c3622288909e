import type { PublicGroup } from '@fastchat/crypto/verify'
import type { Pool } from '@fastchat/db'
import type { DeviceId, UserId } from '@fastchat/schema'
import type { BundleVerdict } from '../domain/judge-bundle.ts'
import type { ConversationKey, DeviceKey, Session, UserKey } from '../domain/ports.ts'
import { roles } from './entry-kinds.ts'
import type { EntryOutcome, IdentifiedBundle } from './entry-outcome.ts'
import type { JudgedState } from './group-state.ts'
import { withClient } from './with-client.ts'

export type Acceptance = {
  readonly session: Session
  readonly key: ConversationKey
  readonly bundle: IdentifiedBundle
  /** The group that the commit ends. */
  readonly prior: PublicGroup
  /** The state that the verdict was reached by. */
  readonly state: JudgedState
  readonly verdict: Extract<BundleVerdict, { ok: true }>
  readonly registry: readonly { readonly deviceId: DeviceId; readonly key: DeviceKey }[]
  readonly users: ReadonlyMap<UserId, UserKey>
}

type AnswerRow = {
  readonly outcome: 'stored' | 'duplicate' | 'conflict' | 'not_found' | 'state_changed' | 'device_revoked'
  readonly seq: number
}

/**
 * Stores a commit by one call of the SQL function `append_group_commit`, which states the
 * guarantees.
 * Returns `moved_on` when the state has changed since the verdict: read the state and judge again.
 */
export async function acceptCommit(pool: Pool, acceptance: Acceptance): Promise<EntryOutcome | 'moved_on'> {
  const { session, key, bundle, prior, state, verdict, registry, users } = acceptance
  const deviceKeys = new Map(registry.map((device) => [device.deviceId, device.key]))
  const query = {
    name: 'append_group_commit',
    text: `select outcome, seq
           from append_group_commit(
             $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
    values: [
      key,
      session.device,
      bundle.id,
      state.groupNo,
      state.epoch,
      state.pendingVer,
      bundle.groupNo,
      bundle.epoch + 1,
      bundle.commit,
      bundle.welcome ?? null,
      bundle.groupInfo,
      verdict.removedLeaves,
      verdict.addedLeaves.map(({ deviceId }) => deviceKeys.get(deviceId)),
      verdict.addedLeaves.map(({ leafIndex }) => leafIndex),
      verdict.roster.members.map(({ userId }) => users.get(userId)),
      verdict.roster.members.map(({ role }) => roles.indexOf(role)),
      verdict.externalPub,
      verdict.contextHash,
      prior.contextBytes,
      prior.confirmationTag,
      verdict.roster.policies?.write === 'admins',
    ],
  }
  const { rows } = await withClient(pool, (client) => client.query<AnswerRow>(query))
  const { outcome, seq } = rows[0]!
  if (outcome === 'stored' || outcome === 'duplicate') return { ok: true, seq, duplicate: outcome === 'duplicate' }
  if (outcome === 'conflict' || outcome === 'not_found') return { ok: false, code: outcome }
  return 'moved_on'
}
