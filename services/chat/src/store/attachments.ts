import { randomUUID } from 'node:crypto'
import type { Pool } from '@fastchat/db'
import { type AttachmentId, type ErrorCode, limits } from '@fastchat/schema'
import type { PoolClient } from 'pg'
import type { Session } from '../domain/ports.ts'
import { withClient } from './with-client.ts'

/** A row of this size is written and read in a few milliseconds, and a slow reader holds no more than that in memory. */
const chunkBytes = 256 * 1024
const maxBytesBefore = limits.maxUnsentUploadBytes - limits.maxAttachmentBytes
/** Names the locks (by user) that uploads take, among all advisory locks. */
const uploadLock = 0x75706c64
const orphanAge = '24 hours'
/** Each may have a hundred chunks. */
const maxCollectedAtOnce = 50

export type PutOutcome = { readonly ok: true; readonly size: number } | { readonly ok: false; readonly code: ErrorCode }
export type StoredAttachment = { readonly size: number; readonly chunks: AsyncIterable<Buffer> }

export type Attachments = ReturnType<typeof createAttachments>

/** Opaque bytes, in chunks. Whose they are and who may read them is decided here; what they are nobody here knows. */
export function createAttachments(pool: Pool) {
  /**
   * Stores what `body` gives, in its own time: no transaction stays open for it. Only when it is whole does it take the place
   * of `id`, so a broken upload changes nothing, and the same upload again replaces the first.
   */
  async function put({ user, device }: Session, id: AttachmentId, body: AsyncIterable<Buffer>): Promise<PutOutcome> {
    const begun = await begin(user, device)
    if (typeof begun === 'string') return { ok: false, code: begun }
    const { upload, room } = begun
    let isKept = false
    try {
      const size = await writeChunks(upload, body, Math.min(limits.maxAttachmentBytes, room))
      if (size === undefined)
        return { ok: false, code: room < limits.maxAttachmentBytes ? 'quota_exceeded' : 'attachment_too_large' }
      isKept = await finish(upload, device, id, size)
      return isKept ? { ok: true, size } : { ok: false, code: 'conflict' }
    } finally {
      if (!isKept) await pool.query('delete from attachment where id = $1', [upload])
    }
  }

  /**
   * `room`: bytes that the user's quota leaves for it. Refused: the user has as much waiting as they may have, or as much in all.
   * Half-finished uploads count as full ones.
   */
  function begin(user: number, device: number): Promise<{ upload: number; room: number } | ErrorCode> {
    return withClient(pool, async (client) => {
      await client.query('begin')
      try {
        // One after the other: of two that count at once neither would see the other's.
        await client.query('select pg_advisory_xact_lock($1, hashint8($2))', [uploadLock, user])
        const room = await roomOf(client, user)
        if (room <= 0) {
          await client.query('rollback')
          return 'quota_exceeded'
        }
        const { rows } = await client.query<{ id: number }>(
          `insert into attachment (pub_id, device_id, size)
           select $1, $2, $3 where (
             select count(*) < $4 and coalesce(sum(size), 0) <= $5 from attachment
             where seq is null and device_id = any (array(select id from device where user_id = $6)))
           returning id`,
          [randomUUID(), device, limits.maxAttachmentBytes, limits.maxUnsentUploads, maxBytesBefore, user],
        )
        await client.query('commit')
        const [row] = rows
        return row ? { upload: row.id, room } : 'rate_limited'
      } catch (error) {
        await client.query('rollback')
        throw error
      }
    })
  }

  /** Undefined: more than `maxBytes`. */
  async function writeChunks(
    upload: number,
    body: AsyncIterable<Buffer>,
    maxBytes: number,
  ): Promise<number | undefined> {
    let size = 0
    let n = 0
    for await (const chunk of inChunks(body)) {
      size += chunk.length
      if (size > maxBytes) return undefined
      await pool.query('insert into attachment_chunk (attachment_id, n, body) values ($1, $2, $3)', [
        upload,
        n++,
        chunk,
      ])
    }
    return size
  }

  async function finish(upload: number, device: number, id: AttachmentId, size: number): Promise<boolean> {
    const { rows } = await pool.query<{ done: boolean }>('select finish_attachment($1, $2, $3, $4) as done', [
      upload,
      device,
      id,
      size,
    ])
    return rows[0]?.done === true
  }

  /**
   * Undefined unless the device uploaded it, or may receive the message that names it.
   */
  async function get({ device }: Session, id: AttachmentId): Promise<StoredAttachment | undefined> {
    const { rows } = await pool.query<{ key: number; size: number }>(
      `select a.id as key, a.size from attachment a
       where a.pub_id = $1 and a.complete and (a.device_id = $2 or exists (
         select from leaf l where l.conversation_id = a.conversation_id and l.device_id = $2
           and l.from_seq <= a.seq and (l.to_seq is null or l.to_seq >= a.seq)))`,
      [id, device],
    )
    const [row] = rows
    return row && { size: row.size, chunks: readChunks(row.key) }
  }

  async function* readChunks(key: number): AsyncGenerator<Buffer> {
    for (let n = 0; ; n++) {
      const { rows } = await pool.query<{ body: Buffer }>(
        'select body from attachment_chunk where attachment_id = $1 and n = $2',
        [key, n],
      )
      const [row] = rows
      if (row === undefined) return
      yield row.body
    }
  }

  /** Deletes uploads that no message has named for a day; `true` when there may be more. */
  async function collectOrphans(): Promise<boolean> {
    const { rowCount } = await pool.query(
      `delete from attachment where id in (
         select id from attachment where seq is null and created_at < now() - interval '${orphanAge}'
         order by created_at limit $1 for update skip locked)`,
      [maxCollectedAtOnce],
    )
    return rowCount === maxCollectedAtOnce
  }

  return { put, get, collectOrphans }
}

/** What is left of the user's quota, in bytes; most have none. */
async function roomOf(client: Pick<PoolClient, 'query'>, user: number): Promise<number> {
  const { rows } = await client.query<{ room: number | null }>(
    `select attachment_quota - (
       select coalesce(sum(a.size), 0) from attachment a where a.device_id in (select id from device where user_id = $1)
     )::int8 as room
     from "user" where id = $1`,
    [user],
  )
  return rows[0]?.room ?? Number.POSITIVE_INFINITY
}

/** The same bytes in pieces of `chunkBytes`; the last one is what is left. */
async function* inChunks(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  let held = 0
  for await (const part of body) {
    parts.push(part)
    held += part.length
    while (held >= chunkBytes) {
      const all = Buffer.concat(parts, held)
      yield all.subarray(0, chunkBytes)
      parts = [all.subarray(chunkBytes)]
      held -= chunkBytes
    }
  }
  if (held > 0) yield Buffer.concat(parts, held)
}
