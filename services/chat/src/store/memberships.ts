import type { Pool } from '@fastchat/db'
import type { ConversationId } from '@fastchat/schema'
import type { Range } from '../domain/intervals.ts'
import type { ConversationKey, Memberships, Session } from '../domain/ports.ts'
import { conversationKinds } from './entry-kinds.ts'

type ConversationRow = { conversation: ConversationId; key: ConversationKey; kind: number; groupNo: number }
type PositionRow = ConversationRow & {
  fromSeq: number
  toSeq: number | null
  lastSeq: number
  floorSeq: number
  gaps: Range[]
  cursor: number
}
type InvitationRow = ConversationRow & { seq: number; welcomed: boolean }

/**
 * Implements `EntryLog.memberships` in one statement, since each connection asks at least twice.
 *
 * `positions` has one element for each leaf, ordered by conversation and `fromSeq`. A device that
 * was removed and came back has several in one conversation, with one cursor for all. It never
 * receives the entries between them.
 *
 * `invitations` has at most one element for each conversation. First, groups where another device's
 * commit added the device. They stay until the device has acked that commit, even if it was removed
 * again. Second, groups of the user where the device has no leaf; it joins those by an external
 * commit.
 */
export async function memberships(pool: Pool, { user, device }: Session): Promise<Memberships> {
  const { rows } = await pool.query<{ positions: PositionRow[]; invitations: InvitationRow[] }>({
    name: 'memberships',
    text: 'select positions, invitations from device_memberships($1, $2)',
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

/** One shared empty list: a full pod holds very many positions. */
const noGaps: readonly Range[] = []

const kindOf = ({ kind }: ConversationRow) => conversationKinds[kind] ?? 'group'
