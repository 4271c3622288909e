import type { Pool } from '@fastchat/db'
import type { ConversationKey, DeviceKey } from '../domain/ports.ts'

export type Cursor = { readonly device: DeviceKey; readonly key: ConversationKey; readonly seq: number }

const maxPerStatement = 500

/**
 * Saves cursors as `EntryLog.saveCursors` describes. A cursor beyond the last entry that the
 * device's leaves allow is set to that entry. A cursor of a device without a leaf in the
 * conversation is dropped.
 */
export async function saveCursors(pool: Pool, cursors: readonly Cursor[]): Promise<void> {
  for (let at = 0; at < cursors.length; at += maxPerStatement) {
    const part = cursors.slice(at, at + maxPerStatement)
    await pool.query({
      name: 'save_cursors',
      text: `
        insert into device_cursor (device_id, conversation_id, acked_seq)
        select x.device, x.conv, max(least(x.seq, l.to_seq, c.last_seq))
        from unnest($1::bigint[], $2::bigint[], $3::bigint[]) x (device, conv, seq)
        join conversation c on c.id = x.conv
        join leaf l on l.conversation_id = x.conv and l.device_id = x.device and l.from_seq <= x.seq
        group by x.device, x.conv
        order by x.device, x.conv
        on conflict (device_id, conversation_id) do update set acked_seq = excluded.acked_seq
        where device_cursor.acked_seq < excluded.acked_seq`,
      values: [part.map(({ device }) => device), part.map(({ key }) => key), part.map(({ seq }) => seq)],
    })
  }
}
