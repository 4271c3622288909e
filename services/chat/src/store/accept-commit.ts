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
  /** What the commit was judged by. */
  readonly state: JudgedState
  readonly verdict: Extract<BundleVerdict, { ok: true }>
  readonly registry: readonly { readonly deviceId: DeviceId; readonly key: DeviceKey }[]
  readonly users: ReadonlyMap<UserId, UserKey>
}

/** One call of the SQL function, which says what it guarantees. `moved_on`: the state is another by now, so judge again. */
export async function acceptCommit(pool: Pool, acceptance: Acceptance): Promise<EntryOutcome | 'moved_on'> {
  const { session, key, bundle, prior, state, verdict, registry, users } = acceptance
  const deviceKeys = new Map(registry.map((device) => [device.deviceId, device.key]))
  const query = {
    name: 'accept_commit',
    text: `select code, seq
           from accept_commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
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
    ],
  }
  const { rows } = await withClient(pool, (client) => client.query<{ code: number; seq: number }>(query))
  const { code, seq } = rows[0]!
  if (code === 0 || code === 1) return { ok: true, seq, duplicate: code === 1 }
  if (code === 2) return { ok: false, code: 'conflict' }
  return code === 3 ? { ok: false, code: 'not_found' } : 'moved_on'
}
