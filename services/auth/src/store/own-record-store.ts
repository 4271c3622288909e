import type { PrismaClient } from '@fastchat/db'
import type { OwnRecordStore, StoredRecord } from '../domain/own-records.ts'

type Put = { outcome: 'stored' | 'no_owner' | 'full'; change: bigint; stale: Uint8Array[] }
type Row = Omit<StoredRecord, 'change'> & { readonly change: bigint }

export function createOwnRecordStore(prisma: PrismaClient): OwnRecordStore {
  return {
    async list({ userId, deviceId }, after, limit) {
      // The head is read first: a record that is stored meanwhile is in this page or a later one.
      const [owner] = await prisma.$queryRaw<{ id: bigint; change: bigint }[]>`
        select u.id, coalesce(h.last_change, 0) as change
        from device d join "user" u on u.id = d.user_id left join own_record_head h on h.user_id = u.id
        where d.pub_id = ${deviceId}::uuid and u.pub_id = ${userId}::uuid
          and d.revoked_at is null and u.deleted_at is null`
      if (!owner) return undefined
      const rows = await prisma.$queryRaw<Row[]>`
        select name, version, change, body from own_record
        where user_id = ${owner.id} and change > ${after} order by change limit ${limit}`
      const records = rows.map((row) => ({ ...row, change: Number(row.change) }))
      return { records, change: Math.max(Number(owner.change), records.at(-1)?.change ?? 0) }
    },
    async put({ userId, deviceId }, records, max) {
      const [names, versions, bodies] = [
        records.map(({ name }) => Buffer.from(name)),
        records.map(({ version }) => version),
        records.map(({ body }) => Buffer.from(body)),
      ]
      const [row] = await prisma.$queryRaw<Put[]>`
        select outcome, change, stale from put_own_records(
          ${userId}::uuid, ${deviceId}::uuid, ${names}::bytea[], ${versions}::int[], ${bodies}::bytea[], ${max}::int)`
      if (row === undefined || row.outcome === 'no_owner') return 'no_owner'
      return row.outcome === 'full' ? 'full' : { change: Number(row.change), stale: row.stale }
    },
  }
}
