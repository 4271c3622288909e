import type { Pool } from '@fastchat/db'
import { type BackupSegmentId, type ErrorCode, limits } from '@fastchat/schema'
import type { Session, UserKey } from '../domain/ports.ts'

/** One page of an account's segments, and the space that all of them take. */
export type SegmentPage = {
  readonly segments: readonly { readonly segment: BackupSegmentId; readonly size: number; readonly createdAt: Date }[]
  readonly usedBytes: number
}

export type BackupSegments = ReturnType<typeof createBackupSegments>

/**
 * Stores the segments of backups as opaque bytes. Each belongs to an account, and only the devices
 * of that account reach it.
 */
export function createBackupSegments(pool: Pool) {
  return {
    /** Stores a segment. Returns an error code if it has no room, or other bytes have this id. */
    async put({ user }: Session, id: BackupSegmentId, body: Buffer): Promise<ErrorCode | undefined> {
      const { rows } = await pool.query<{ outcome: ErrorCode | 'stored' | 'no_owner' }>(
        'select store_backup_segment($1, $2, $3, $4, $5) as outcome',
        [user, id, body, limits.maxBackupBytes, limits.maxBackupSegments],
      )
      const outcome = rows[0]?.outcome
      if (outcome === 'stored') return undefined
      return outcome === undefined || outcome === 'no_owner' ? 'unauthorized' : outcome
    },

    async get({ user }: Session, id: BackupSegmentId): Promise<Buffer | undefined> {
      const { rows } = await pool.query<{ body: Buffer }>(
        'select body from backup_segment where user_id = $1 and pub_id = $2',
        [user, id],
      )
      return rows[0]?.body
    },

    /** Lists segments after an id, in the order of their ids. */
    async list({ user }: Session, after: BackupSegmentId | undefined, limit: number): Promise<SegmentPage> {
      const { rows } = await pool.query<{ segment: BackupSegmentId; size: number; createdAt: Date }>(
        `select pub_id as segment, size, created_at as "createdAt" from backup_segment
         where user_id = $1 and ($2::uuid is null or pub_id > $2::uuid) order by pub_id limit $3`,
        [user, after ?? null, limit],
      )
      return { segments: rows, usedBytes: await usedBytes(pool, user) }
    },

    async remove({ user }: Session, ids: readonly BackupSegmentId[]): Promise<void> {
      await pool.query('delete from backup_segment where user_id = $1 and pub_id = any ($2::uuid[])', [user, ids])
    },
  }
}

async function usedBytes(pool: Pool, user: UserKey): Promise<number> {
  const { rows } = await pool.query<{ used: number }>(
    'select coalesce(sum(size), 0)::int8 as used from backup_segment where user_id = $1',
    [user],
  )
  return rows[0]?.used ?? 0
}
