import { randomBytes } from 'node:crypto'
import type { ConversationId } from '@fastchat/schema'
import type { Query } from '@fastchat/tests/seed'
import { envelopeBytes } from './envelope.ts'

/** The number of conversations in one statement. */
const historyBatch = 500

/**
 * Fills the logs of these conversations with `entries` each, numbered from `seededSeq + 1`. With
 * `isRead`, all devices have acked them. The envelopes are random bytes: pods do not look into
 * them.
 */
export async function seedHistory(
  query: Query,
  conversations: readonly ConversationId[],
  entries: number,
  { isRead }: { readonly isRead: boolean },
): Promise<void> {
  for (let from = 0; from < conversations.length; from += historyBatch) {
    const ids = conversations.slice(from, from + historyBatch)
    await query(
      `with target as (
         select c.id, c.last_seq, l.device_id from unnest($1::uuid[]) x (id)
         join conversation c on c.pub_id = x.id join leaf l on l.conversation_id = c.id and l.leaf_index = 0
       ), grown as (
         update conversation c set last_seq = c.last_seq + $2 from target t where c.id = t.id
       )
       insert into message (conversation_id, seq, sender_device, client_id, kind, envelope)
       select t.id, t.last_seq + n, t.device_id, gen_random_uuid(), 0, $3 from target t, generate_series(1, $2::int) n`,
      [ids, entries, randomBytes(envelopeBytes)],
    )
  }
  if (isRead)
    await query(
      'update device_cursor d set acked_seq = c.last_seq from conversation c where c.id = d.conversation_id and c.pub_id = any ($1::uuid[])',
      [conversations],
    )
  await query('analyze message, conversation, device_cursor', [])
}
