import type { Pool } from '@fastchat/db'
import type { ConversationKey, DeviceKey, Session } from '../domain/ports.ts'
import type { GrownConversation, PushStore } from '../web-push/push-store.ts'
import { sessionKey } from './sessions.ts'

/** Pushes in a row that failed, after which an endpoint is forgotten. */
const maxFailures = 10
const maxCleanedAtOnce = 500

export type PushSubscriptions = PushStore & {
  /** Returns the endpoint of the device. */
  get(session: Session): Promise<string | undefined>
  /** Sets the endpoint of the device. Returns false if the session is over. */
  put(session: Session, sessionId: string, endpoint: string): Promise<boolean>
  remove(session: Session): Promise<void>
}

/** Keeps where devices are woken. Each endpoint belongs to one device and one session. */
export function createPushSubscriptions(pool: Pool): PushSubscriptions {
  return {
    async get({ device }) {
      const { rows } = await pool.query<{ endpoint: string }>(
        'select endpoint from push_subscription where device_id = $1',
        [device],
      )
      return rows[0]?.endpoint
    },

    async put({ device }, sessionId, endpoint) {
      const { rowCount } = await pool.query(
        `insert into push_subscription as s (device_id, family, endpoint)
         select $1, t.family, $3 from refresh_token t where t.family = $2::uuid and t.revoked_at is null
         on conflict (device_id) do update set family = excluded.family, endpoint = excluded.endpoint,
           failures = 0, pushed_at = case when s.endpoint = excluded.endpoint then s.pushed_at end`,
        [device, sessionKey(sessionId), endpoint],
      )
      return rowCount === 1
    },

    async remove({ device }) {
      await pool.query('delete from push_subscription where device_id = $1', [device])
    },

    async claim(grown, everyMs) {
      const { rows } = await pool.query<{ device: DeviceKey; conversation: ConversationKey; endpoint: string | null }>({
        name: 'claim_pushes',
        text: claim,
        values: [numbers(grown, 'key'), numbers(grown, 'first'), numbers(grown, 'head'), everyMs / 1_000],
      })
      const due = new Map(rows.flatMap(({ device, endpoint }) => (endpoint === null ? [] : [[device, endpoint]])))
      const later = new Set(rows.filter(({ endpoint }) => endpoint === null).map(({ conversation }) => conversation))
      return { due: [...due].map(([device, endpoint]) => ({ device, endpoint })), later }
    },

    async settle({ device, endpoint }, result) {
      const isOver = result === 'gone' || result === 'refused'
      const { rowCount } = await pool.query(
        'delete from push_subscription where device_id = $1 and endpoint = $2 and ($3 or (failures >= $4 and not $5))',
        [device, endpoint, isOver, maxFailures, result === 'sent'],
      )
      if (rowCount !== 0) return
      await pool.query(
        `update push_subscription set failures = case when $3 then 0 else failures + 1 end
         where device_id = $1 and endpoint = $2 and (not $3 or failures > 0)`,
        [device, endpoint, result === 'sent'],
      )
    },
  }
}

/**
 * Finds devices that have not acked a message of another user, and claims those that were not woken
 * lately. A message is settled by any push after it. Of two pods that claim at once, one gets the
 * device. A session that is over, a revoked device and a disabled user get nothing.
 */
const claim = `
  with grown as (
    select * from unnest($1::int8[], $2::int8[], $3::int8[]) g (conv, first, head)
  ), due as (
    select s.device_id, g.conv
    from push_subscription s
    join device d on d.id = s.device_id and d.revoked_at is null
    join "user" u on u.id = d.user_id and u.disabled_at is null
    join refresh_token t on t.family = s.family and t.revoked_at is null
    join leaf l on l.device_id = s.device_id and l.to_seq is null
    join grown g on g.conv = l.conversation_id
    left join device_cursor c on c.device_id = s.device_id and c.conversation_id = g.conv
    where exists (
      select from message m join device by on by.id = m.sender_device
      where m.conversation_id = g.conv and m.kind = 0 and by.user_id <> d.user_id
        and m.seq between greatest(g.first, l.from_seq, coalesce(c.acked_seq, 0) + 1) and g.head
        and (s.pushed_at is null or m.created_at > s.pushed_at))
  ), claimed as (
    update push_subscription s set pushed_at = now()
    from (select distinct device_id from due) x
    where s.device_id = x.device_id and (s.pushed_at is null or s.pushed_at < now() - make_interval(secs => $4))
    returning s.device_id, s.endpoint
  )
  select d.device_id as device, d.conv as conversation, c.endpoint from due d left join claimed c using (device_id)`

const numbers = (grown: readonly GrownConversation[], field: keyof GrownConversation): string =>
  `{${grown.map((one) => one[field]).join(',')}}`

/** Deletes the endpoints of ended sessions. Returns true when more may be left. */
export async function cleanPushSubscriptions(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from push_subscription where device_id in (
       select s.device_id from push_subscription s
       join device d on d.id = s.device_id join refresh_token t on t.family = s.family
       where d.revoked_at is not null or t.revoked_at is not null limit $1 for update of s skip locked)`,
    [maxCleanedAtOnce],
  )
  return rowCount === maxCleanedAtOnce
}
