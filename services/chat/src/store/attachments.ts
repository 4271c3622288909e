import type { Pool } from '@fastchat/db'
import { type AttachmentId, type ErrorCode, limits } from '@fastchat/schema'
import type { PoolClient } from 'pg'
import type { Session } from '../domain/ports.ts'
import { withClient } from './with-client.ts'

/**
 * A row of this size is written and read in a few milliseconds. A slow reader holds at most this
 * much in memory.
 */
const chunkBytes = limits.uploadStepBytes
const maxBytesBefore = limits.maxUnsentUploadBytes - limits.maxAttachmentBytes
/** The class of the uploads' advisory locks. The second key is the user. */
export const uploadLock = 0x75706c64
const orphanAge = '24 hours'
/** Each orphan may have a hundred chunks. */
const maxCollectedAtOnce = 50

export type PutOutcome = { readonly ok: true; readonly size: number } | { readonly ok: false; readonly code: ErrorCode }
export type StoredAttachment = { readonly size: number; chunks(offset: number): AsyncIterable<Buffer> }

export type Attachments = ReturnType<typeof createAttachments>

/**
 * Stores attachments as opaque bytes, in chunks. It decides who owns an attachment and who may read
 * it. It never looks at the bytes.
 */
export function createAttachments(pool: Pool, newId: () => string) {
  /**
   * Stores the bytes of `body` as they arrive. No transaction stays open meanwhile. A complete
   * upload replaces an earlier one with the same `id`; a broken upload changes nothing.
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
   * Starts an upload. `room` is how many bytes the user's quota still allows. Returns an error code
   * if the user has too many unsent uploads, or no quota left. Unfinished uploads count with the
   * largest size.
   */
  function begin(user: number, device: number): Promise<{ upload: number; room: number } | ErrorCode> {
    return withClient(pool, async (client) => {
      await client.query('begin')
      try {
        // The lock makes the uploads of one user start one after the other. Without it, two
        // transactions would each count without the row of the other.
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
          [newId(), device, limits.maxAttachmentBytes, limits.maxUnsentUploads, maxBytesBefore, user],
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

  /**
   * Stores the chunks of `body` and returns their total size. Returns undefined if there are more
   * than `maxBytes`.
   */
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
   * Returns undefined unless a device of the user uploaded the attachment, or may receive the
   * message that names it. A device that restores the history of another one has no such leaf
   * itself.
   */
  async function get({ user }: Session, id: AttachmentId): Promise<StoredAttachment | undefined> {
    const { rows } = await pool.query<{ key: number; size: number }>(
      `select a.id as key, a.size from attachment a
       where a.pub_id = $1 and a.complete and exists (
         select from device d where d.user_id = $2 and (a.device_id = d.id or exists (
           select from leaf l where l.conversation_id = a.conversation_id and l.device_id = d.id
             and l.from_seq <= a.seq and (l.to_seq is null or l.to_seq >= a.seq))))`,
      [id, user],
    )
    const [row] = rows
    return row && { size: row.size, chunks: (offset) => readChunks(row.key, offset) }
  }

  async function* readChunks(key: number, offset: number): AsyncGenerator<Buffer> {
    const first = Math.floor(offset / chunkBytes)
    for (let n = first; ; n++) {
      const { rows } = await pool.query<{ body: Buffer }>(
        'select body from attachment_chunk where attachment_id = $1 and n = $2',
        [key, n],
      )
      const [row] = rows
      if (row === undefined) return
      yield n === first ? row.body.subarray(offset % chunkBytes) : row.body
    }
  }

  /** Deletes uploads that no message has named for a day. Returns true when more may be left. */
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

/** Returns how many bytes the user's quota still allows. Most users have no quota. */
export async function roomOf(client: Pick<PoolClient, 'query'>, user: number): Promise<number> {
  const { rows } = await client.query<{ room: number | null }>(
    `select attachment_quota - (
       select coalesce(sum(a.size), 0) from attachment a where a.device_id in (select id from device where user_id = $1)
     )::int8 as room
     from "user" where id = $1`,
    [user],
  )
  return rows[0]?.room ?? Number.POSITIVE_INFINITY
}

/** Cuts the bytes into pieces of `chunkBytes`. The last piece holds the rest. */
export async function* inChunks(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
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
