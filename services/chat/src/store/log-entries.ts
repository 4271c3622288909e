import type { Pool } from '@fastchat/db'
import { type ConversationId, type DeviceId, type LogEntry, limits, type MessageId, type Seq } from '@fastchat/schema'
import type { ConversationKey, DeviceKey } from '../domain/ports.ts'
import { entryKinds } from './entry-kinds.ts'

export type EntriesRequest = {
  readonly key: ConversationKey
  readonly after: number
  readonly maxEntries: number
  /** At least one entry comes, however large. Entries that come without their envelope count nothing. */
  readonly maxBytes: number
  /** Only what this device's leaves, present and past, let it receive. Left out: everything, for who judges that himself. */
  readonly device?: DeviceKey
  /** Commits, leave statements and revocations up to here come whatever the leaves say. */
  readonly handshakesUpTo?: number | undefined
  /** Large commits come with their envelope, too. */
  readonly isWhole?: boolean
  /** Commits, leave statements and revocations alone, also those whose messages are gone. */
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
  /** The first bytes, whatever the size. */
  head: Buffer
  envelope: Buffer | null
  /** Of a commit. */
  externalPub: Buffer | null
  contextHash: Buffer | null
}

/** Enough of a commit to see its group id. */
const headBytes = 32
/** Stands for a sender whose account was deleted; the entry stays, so that nobody's log has a hole. */
const goneDevice = '00000000-0000-8000-8000-000000000000'

/** Oldest first. The envelope of a large commit stays where it is: clients fetch it one by one. */
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
    // Positions are numbered from 1.
    seq: seq as Seq,
    kind: entryKinds[kind] ?? 'application',
    id,
    from,
    at,
    ...(envelope ? { envelope: envelope.toString('base64url') } : { size }),
    ...(externalPub && { externalPub: externalPub.toString('base64url') }),
    ...(contextHash && { contextHash: contextHash.toString('base64url') }),
  }))
}
