import type { Pool } from '@fastchat/db'
import { type ConversationId, type DeviceId, type LogEntry, limits, type MessageId, type Seq } from '@fastchat/schema'
import { toBase64Url } from '@fastchat/service'
import type { ConversationKey, DeviceKey } from '../domain/ports.ts'
import { entryKinds } from './entry-kinds.ts'

export type EntriesRequest = {
  readonly key: ConversationKey
  readonly after: number
  readonly maxEntries: number
  /** The first entry comes whatever its size. Entries without envelope count as 0 bytes. */
  readonly maxBytes: number
  /**
   * Limits the entries to those that this device's present and past leaves may receive. Without it,
   * all entries come, and the caller must check access.
   */
  readonly device?: DeviceKey
  /**
   * Up to this number, commits, leave statements and revocations come even if no leaf allows it.
   */
  readonly handshakesUpTo?: number | undefined
  /** If true, large commits come with their envelope, too. */
  readonly isWhole?: boolean
  /**
   * Limits the entries to commits, leave statements and revocations, including those below the
   * floor of the log.
   */
  readonly only?: 'handshakes' | undefined
}

export type EntryRow = {
  conversation: ConversationId
  conversationKind: number
  seq: number
  kind: number
  id: MessageId
  from: DeviceId
  at: number
  size: number
  /** The first bytes of the envelope, always present. */
  head: Buffer
  envelope: Buffer | null
  /** Set for commits. */
  externalPub: Buffer | null
  contextHash: Buffer | null
}

/** Enough bytes of a commit to contain its group id. */
const headBytes = 32
/**
 * The sender's id in entries of a deleted account. The entries stay, so that no log has a hole.
 */
const goneDevice = '00000000-0000-8000-8000-000000000000'

/**
 * Returns entries, oldest first. A large commit comes without its envelope; clients fetch that with
 * a request for the single entry.
 */
export async function readEntryRows(pool: Pool, request: EntriesRequest): Promise<EntryRow[]> {
  const { key, after, maxEntries, maxBytes, device, handshakesUpTo, isWhole = false, only } = request
  const { rows } = await pool.query<EntryRow>({
    name: 'log_entries',
    text: `
      with entry as (
        select m.*, octet_length(m.envelope) as size, m.kind = 0 or octet_length(m.envelope) <= $4 as is_inline
        from message m
        where m.conversation_id = $1 and m.seq > $2 and ($6::bigint is null or (m.kind <> 0 and m.seq <= $9) or exists (
          select from leaf l where l.conversation_id = $1 and l.device_id = $6
            and l.from_seq <= m.seq and (l.to_seq is null or l.to_seq >= m.seq)))
          and (m.kind <> 0 or not $7)
          and ($7 or $8 or m.seq > (select floor_seq from conversation where id = $1))
        order by m.seq limit $3
      ), summed as (
        select e.*, sum(case when is_inline then size else 0 end) over (order by seq) as total, min(seq) over () as first
        from entry e
      )
      select c.pub_id as conversation, c.kind as "conversationKind", e.seq, e.kind, e.client_id as id,
        coalesce(d.pub_id, '${goneDevice}') as from, unix_ms(e.created_at) as at, e.size,
        substring(e.envelope from 1 for ${headBytes}) as head, case when e.is_inline then e.envelope end as envelope,
        e.external_pub as "externalPub", e.context_hash as "contextHash"
      from summed e join conversation c on c.id = e.conversation_id left join device d on d.id = e.sender_device
      where e.total <= $5 or e.seq = e.first
      order by e.seq`,
    values: [
      key,
      after,
      maxEntries,
      isWhole ? limits.maxCommitBytes : limits.maxInlineEnvelopeBytes,
      maxBytes,
      device ?? null,
      only === 'handshakes',
      isWhole,
      handshakesUpTo ?? 0,
    ],
  })
  return rows
}

export async function readLogEntries(pool: Pool, request: EntriesRequest): Promise<LogEntry[]> {
  const rows = await readEntryRows(pool, request)
  return rows.map(({ conversation, seq, kind, id, from, at, size, envelope, externalPub, contextHash }) => ({
    conversation,
    // Positions in the log start at 1.
    seq: seq as Seq,
    kind: entryKinds[kind] ?? 'application',
    id,
    from,
    at,
    ...(envelope ? { envelope: toBase64Url(envelope) } : { size }),
    ...(externalPub && { externalPub: toBase64Url(externalPub) }),
    ...(contextHash && { contextHash: toBase64Url(contextHash) }),
  }))
}
