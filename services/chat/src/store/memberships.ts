import type { Pool } from '@fastchat/db'
import type { ConversationId } from '@fastchat/schema'
import type { Range } from '../domain/intervals.ts'
import type { ConversationKey, Memberships, Session } from '../domain/ports.ts'
import { conversationKinds } from './entry-kinds.ts'

type PlaceRow = { conversation: ConversationId; key: ConversationKey; kind: number; groupNo: number }
type PositionRow = PlaceRow & {
  fromSeq: number
  toSeq: number | null
  lastSeq: number
  floorSeq: number
  gaps: Range[]
  cursor: number
}
type InvitationRow = PlaceRow & { seq: number; welcomed: boolean }

/**
 * As `Log.memberships`, in one statement, since each connection asks at least twice.
 *
 * Positions: one for each leaf, by conversation and `fromSeq`. A device that was removed and came back has several in one
 * conversation, with one cursor for all of them; what lies between them it never receives.
 *
 * Invitations, one for a conversation at most: groups where another's commit added the device, until it has acked that commit, also where
 * it has been removed again; and groups of the user where the device has no leaf, which it joins from outside.
 */
export async function memberships(pool: Pool, { user, device }: Session): Promise<Memberships> {
  const { rows } = await pool.query<{ positions: PositionRow[]; invitations: InvitationRow[] }>({
    name: 'memberships',
    text: `
      select to_json(array(
        select json_build_object('conversation', c.pub_id, 'key', c.id, 'kind', c.kind, 'groupNo', c.group_no,
          'fromSeq', l.from_seq, 'toSeq', l.to_seq, 'lastSeq', c.last_seq, 'floorSeq', c.floor_seq,
          'gaps', to_json(array(
            select json_build_object('from', g.from_seq, 'to', g.to_seq) from restore_gap g
            where g.conversation_id = c.id order by g.from_seq)),
          'cursor', coalesce(p.acked_seq, 0))
        from leaf l
        join conversation c on c.id = l.conversation_id
        left join device_cursor p on p.device_id = l.device_id and p.conversation_id = l.conversation_id
        where l.device_id = $2 and (l.to_seq is null or l.to_seq > coalesce(p.acked_seq, 0))
        order by c.id, l.from_seq)) as positions,
      to_jsonb(array(
        select jsonb_build_object('conversation', c.pub_id, 'key', c.id, 'kind', c.kind, 'groupNo', c.group_no,
          'seq', coalesce(l.from_seq, c.last_seq), 'welcomed', l.device_id is not null)
        from member m
        join conversation c on c.id = m.conversation_id
        left join leaf l on l.conversation_id = c.id and l.device_id = $2 and l.to_seq is null
        left join device_cursor p on p.conversation_id = c.id and p.device_id = $2
        left join message a on a.conversation_id = c.id and a.seq = l.from_seq
        where m.user_id = $1 and m.departed_seq is null and c.group_no > 0 and (
          l.device_id is null
          or (coalesce(p.acked_seq, 0) < l.from_seq and a.sender_device is distinct from $2))
        order by c.id)) || to_jsonb(array(
        select distinct on (c.id) jsonb_build_object('conversation', c.pub_id, 'key', c.id, 'kind', c.kind, 'groupNo', l.group_no,
          'seq', l.from_seq, 'welcomed', true)
        from leaf l
        join conversation c on c.id = l.conversation_id
        join welcome w on w.conversation_id = c.id and w.seq = l.from_seq
        left join device_cursor p on p.conversation_id = c.id and p.device_id = $2
        left join message a on a.conversation_id = c.id and a.seq = l.from_seq
        where l.device_id = $2 and l.to_seq is not null and coalesce(p.acked_seq, 0) < l.from_seq
          and a.sender_device is distinct from $2
          and not exists (select from member m where m.conversation_id = c.id and m.user_id = $1 and m.departed_seq is null)
        order by c.id, l.from_seq)) as invitations`,
    values: [user, device],
  })
  const { positions, invitations } = rows[0]!
  return {
    positions: positions.map((row) => ({
      ...row,
      kind: kindOf(row),
      toSeq: row.toSeq ?? undefined,
      gaps: row.gaps.length > 0 ? row.gaps : noGaps,
    })),
    invitations: invitations.map(({ welcomed, ...row }) => ({
      ...row,
      kind: kindOf(row),
      join: welcomed ? 'welcome' : 'external',
    })),
  }
}

/** One for all: a full pod holds very many of them. */
const noGaps: readonly Range[] = []

const kindOf = ({ kind }: PlaceRow) => conversationKinds[kind] ?? 'group'
