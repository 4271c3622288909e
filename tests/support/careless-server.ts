import type { ConversationId } from '@fastchat/schema'
import type { Person } from './person.ts'
import type { Stack } from './stack.ts'

/** A commit, which may be any bytes, and the GroupInfo that the server shows after it. */
export type Bundle = { readonly commit: Uint8Array; readonly groupInfo: Uint8Array }

/** Stores a commit as accepted without checking it, and notifies all pods. */
export async function storeUnjudged(stack: Stack, group: ConversationId, by: Person, bundle: Bundle): Promise<void> {
  const grown =
    'update conversation set last_seq = last_seq + 1, epoch = epoch + 1 where pub_id = $1 returning id, last_seq'
  const insert = `insert into message (conversation_id, seq, sender_device, client_id, kind, envelope)
    select grown.id, grown.last_seq, device.id, $2, 1, $3 from grown, device where device.pub_id = $4`
  const values = [group, by.client.newId(), bundle.commit, by.client.identity.deviceId]
  await stack.sql(
    'update group_info set epoch = epoch + 1, body = $2 where conversation_id = (select id from conversation where pub_id = $1)',
    [group, bundle.groupInfo],
  )
  await stack.sql(
    `with grown as (${grown}), stored as (${insert}) insert into append_feed (convs, heads) select array[id], array[last_seq] from grown`,
    values,
  )
}
