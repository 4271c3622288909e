import type { Pool } from '@fastchat/db'
import type { FoundSignal, SignalStore } from '../domain/signals.ts'

const maxPerStatement = 500
/**
 * A statement that began before the last answer may be committed after it. No statement takes
 * longer than this.
 */
const overlapMs = 10_000

type Row = FoundSignal & { readonly changedMs: number }

/** Creates the store of kept signals. `pool` is that of reads of the log. */
export function createSignalStore(pool: Pool): SignalStore {
  return {
    async save(signals) {
      for (let at = 0; at < signals.length; at += maxPerStatement) {
        const part = signals.slice(at, at + maxPerStatement)
        await pool.query({
          name: 'save_signals',
          text: `
            insert into kept_signal (conversation_id, device_id, group_no, epoch, body, updated_at)
            select x.conv, x.device, x.group_no, x.epoch, x.body, clock_timestamp()
            from unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::bytea[])
              x (conv, device, group_no, epoch, body)
            where exists (
              select from leaf l where l.conversation_id = x.conv and l.device_id = x.device and l.to_seq is null)
            order by x.conv, x.device
            on conflict (conversation_id, device_id) do update set group_no = excluded.group_no,
              epoch = excluded.epoch, body = excluded.body, updated_at = excluded.updated_at`,
          values: [
            part.map(({ key }) => key),
            part.map(({ device }) => device),
            part.map(({ groupNo }) => groupNo),
            part.map(({ epoch }) => epoch),
            part.map(({ body }) => body),
          ],
        })
      }
    },

    async changed({ device }, since, most) {
      const now = await pool.query<{ ms: number }>('select unix_ms(clock_timestamp()) as ms')
      const { rows } = await pool.query<Row>({
        name: 'changed_signals',
        text: `
          select c.pub_id as conversation, d.pub_id as "deviceId", s.group_no as "groupNo", s.epoch, s.body,
            unix_ms(s.updated_at) as "changedMs"
          from leaf own
          join kept_signal s on s.conversation_id = own.conversation_id and s.device_id <> own.device_id
          join leaf l on l.conversation_id = s.conversation_id and l.device_id = s.device_id and l.to_seq is null
          join conversation c on c.id = s.conversation_id
          join device d on d.id = s.device_id
          where own.device_id = $1 and own.to_seq is null and s.updated_at >= to_timestamp($2::float8 / 1000)
          order by s.updated_at limit $3`,
        values: [device, since, most],
      })
      const last = rows.at(-1)
      const at = rows.length === most && last !== undefined ? last.changedMs - 1 : now.rows[0]!.ms - overlapMs
      return { signals: rows.map(({ changedMs: _, ...signal }) => signal), at: Math.max(0, at) }
    },
  }
}
