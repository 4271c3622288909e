import type { Pool } from '@fastchat/db'
import { type AttachmentId, type ErrorCode, limits } from '@fastchat/schema'
import type { Session } from '../domain/ports.ts'
import { inChunks, roomOf, uploadLock } from './attachments.ts'
import { withClient } from './with-client.ts'

/** One part of an upload of `size` bytes. */
export type Part = { readonly offset: number; readonly size: number; readonly body: AsyncIterable<Buffer> }
export type PartOutcome =
  | { readonly ok: true; readonly received: number }
  | { readonly ok: false; readonly code: ErrorCode }
export type UploadState = { readonly received: number; readonly size: number }

export type UploadParts = ReturnType<typeof createUploadParts>

/** An answer of the SQL function put_attachment_chunk. */
type Step = { readonly outcome: 'stored' | 'conflict' | 'upload_gap'; readonly received: number }
const step = limits.uploadStepBytes

/**
 * Stores uploads that arrive in parts. A part that breaks off leaves its whole steps, so the device
 * goes on there. A step is never replaced by other bytes.
 */
export function createUploadParts(pool: Pool) {
  /** Stores a part, and makes the upload if it is the first. */
  async function put(session: Session, id: AttachmentId, { offset, size, body }: Part): Promise<PartOutcome> {
    if (size > limits.maxAttachmentBytes) return { ok: false, code: 'attachment_too_large' }
    if (offset % step !== 0 || offset >= size) return { ok: false, code: 'bad_request' }
    const upload = (await find(session, id, size)) ?? (await begin(session, id, { size, isFirst: offset === 0 }))
    if (typeof upload === 'string') return { ok: false, code: upload }
    let at = offset
    let received = 0
    for await (const chunk of inChunks(body)) {
      if (chunk.length < step && at + chunk.length !== size) return { ok: false, code: 'bad_request' }
      const answer = await store(upload, at, chunk)
      if (answer.outcome !== 'stored') return { ok: false, code: answer.outcome }
      received = answer.received
      at += chunk.length
    }
    return at === offset ? { ok: false, code: 'bad_request' } : { ok: true, received }
  }

  /** Returns the upload of this id. An error code if it is another's, or of another size. */
  async function find(
    { device }: Pick<Session, 'device'>,
    id: AttachmentId,
    size: number,
  ): Promise<number | ErrorCode | undefined> {
    const { rows } = await pool.query<{ id: number; isOurs: boolean }>(
      `select id, device_id = $2 and size = $3 and received is not null as "isOurs" from attachment where pub_id = $1`,
      [id, device, size],
    )
    const [row] = rows
    return row && (row.isOurs ? row.id : 'conflict')
  }

  /** Makes an upload, which counts with its whole size from now on. */
  function begin(
    { user, device }: Session,
    id: AttachmentId,
    { size, isFirst }: { readonly size: number; readonly isFirst: boolean },
  ): Promise<number | ErrorCode> | ErrorCode {
    if (!isFirst) return 'upload_gap'
    return withClient(pool, async (client) => {
      await client.query('begin')
      try {
        // As for whole uploads: those of one user start one after the other.
        await client.query('select pg_advisory_xact_lock($1, hashint8($2))', [uploadLock, user])
        const room = await roomOf(client, user)
        const { rows } = await client.query<{ id: number }>(
          `insert into attachment (pub_id, device_id, size, received)
           select $1, $2, $3::int, 0 where $3::int <= $4::float8 and (
             select count(*) < $5 and coalesce(sum(size), 0) + $3::int <= $6 from attachment
             where seq is null and device_id = any (array(select id from device where user_id = $7)))
           on conflict (pub_id) do nothing
           returning id`,
          [id, device, size, room, limits.maxUnsentUploads, limits.maxUnsentUploadBytes, user],
        )
        await client.query('commit')
        const [row] = rows
        if (row) return row.id
        if (size > room) return 'quota_exceeded'
        // Another request of this device may have made it meanwhile.
        return (await find({ device }, id, size)) ?? 'rate_limited'
      } catch (error) {
        await client.query('rollback')
        throw error
      }
    })
  }

  async function store(upload: number, offset: number, chunk: Buffer): Promise<Step> {
    const { rows } = await pool.query<Step>('select outcome, received from put_attachment_chunk($1, $2, $3)', [
      upload,
      offset,
      chunk,
    ])
    const [step] = rows
    if (!step) throw new Error('put_attachment_chunk gave no answer')
    return step
  }

  /** Returns how far an upload in parts of this device has got; undefined for others. */
  async function state({ device }: Session, id: AttachmentId): Promise<UploadState | undefined> {
    const { rows } = await pool.query<UploadState>(
      `select received, size from attachment
       where pub_id = $1 and device_id = $2 and received is not null and seq is null`,
      [id, device],
    )
    return rows[0]
  }

  return { put, state }
}
