import type { Pool } from '@fastchat/db'
import type { ConversationId } from '@fastchat/schema'
import type { Standing } from '../domain/authorise.ts'
import type { Interval } from '../domain/intervals.ts'
import type { Session } from '../domain/ports.ts'
import { conversationKinds } from './entry-kinds.ts'

type StandingRow = Omit<Standing, 'kind' | 'intervals'> & {
  readonly kind: number
  readonly leaves: readonly { readonly from: number; readonly to: number | null }[]
}

/** Returns undefined if the conversation does not exist. */
export async function readStanding(
  pool: Pool,
  { user, device }: Session,
  conversation: ConversationId,
): Promise<Standing | undefined> {
  const { rows } = await pool.query<StandingRow>({
    name: 'standing',
    text: `
      select c.id as key, c.kind, c.group_no as "groupNo", c.last_seq as "lastSeq", c.floor_seq as "floorSeq",
        m.user_id is not null as "isMember", m.departed_seq is not null as "hasDeparted",
        c.group_no = 0 and (case c.kind when 0 then $2 in (c.pair_low, c.pair_high) else $2 = c.creator_id end) as "mayCreate",
        coalesce(l.leaves, '[]') as leaves
      from conversation c
      left join member m on m.conversation_id = c.id and m.user_id = $2
      left join lateral (
        select json_agg(json_build_object('from', from_seq, 'to', to_seq) order by from_seq) as leaves
        from leaf where conversation_id = c.id and device_id = $3) l on true
      where c.pub_id = $1`,
    values: [conversation, user, device],
  })
  const [row] = rows
  if (row === undefined) return undefined
  const { kind, leaves, ...rest } = row
  const intervals = leaves.map(({ from, to }): Interval => ({ from, to: to ?? undefined }))
  return { ...rest, kind: conversationKinds[kind] ?? 'group', intervals }
}
