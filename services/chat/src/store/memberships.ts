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

/** One for all: a full pod holds very many of them. */
const noGaps: readonly Range[] = []

const kindOf = ({ kind }: ConversationRow) => conversationKinds[kind] ?? 'group'
