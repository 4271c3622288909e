import type { Pool } from '@fastchat/db'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Session } from '../../src/domain/ports.ts'
import { applicationEnvelope, messageId, type Seeded } from '../store/seed.ts'
import type { Pod } from './pods.ts'

type SendOptions = { readonly id?: MessageId; readonly epoch?: number; readonly bytes?: number; readonly first?: true }

/** Returns a well-formed `send` frame with random bytes as its message. */
export function sendFrame(conversation: ConversationId, options: SendOptions = {}) {
  const { id = messageId(), epoch = 1, bytes = 334, ...more } = options
  const envelope = applicationEnvelope({ conversation, groupNo: 1, epoch, bytes }).toString('base64url')
  return { t: 'send', id, conversation, groupNo: 1, epoch, envelope, ...more }
}

type Change = { readonly removed?: readonly Session[]; readonly added?: readonly Session[] }

/**
 * Writes a commit into the log, with its changes of leaves, and announces nothing. Returns its
 * position.
 */
export async function commitByHand(
  pool: Pool,
  { conversation, key, sessions }: Seeded,
  { removed = [], added = [] }: Change,
): Promise<number> {
  const envelope = applicationEnvelope({ conversation, groupNo: 1, epoch: 1 })
  const devices = (of: readonly Session[]) => of.map(({ device }) => device)
  const { rows } = await pool.query<{ seq: number }>(
    `with head as (update conversation set last_seq = last_seq + 1 where id = $1 returning last_seq as seq),
      ended as (update leaf set to_seq = (select seq from head)
        where conversation_id = $1 and to_seq is null and device_id = any ($5::int8[])),
      entry as (insert into message (conversation_id, seq, sender_device, client_id, kind, envelope)
        select $1, seq, $2, $3, 1, $4 from head)
    select seq from head`,
    [key, sessions[0]?.device, messageId(), envelope, devices(removed)],
  )
  const users = (of: readonly Session[]) => of.map(({ user }) => user)
  await pool.query(
    `with members as (insert into member select $1, u, 0 from unnest($3::int8[]) u on conflict do nothing),
      begun as (insert into leaf (conversation_id, device_id, group_no, leaf_index, from_seq)
        select $1, d, 1, 100 + d, $2 from unnest($4::int8[]) d)
    insert into append_feed (convs, heads, users) select array[$1::int8], array[$2::int8], $5::int8[]`,
    [key, rows[0]!.seq, users(added), devices(added), users([...removed, ...added])],
  )
  return rows[0]!.seq
}

/** Writes messages into the log, without a feed row, and announces nothing. */
export async function fillByHand(pool: Pool, { conversation, key, sessions }: Seeded, count: number, bytes = 334) {
  const envelopes = Array.from({ length: count }, () =>
    applicationEnvelope({ conversation, groupNo: 1, epoch: 1, bytes }),
  )
  await pool.query(
    `with head as (update conversation set last_seq = last_seq + $2 where id = $1 returning last_seq - $2 as before)
     insert into message (conversation_id, seq, sender_device, client_id, kind, envelope)
     select $1, before + n, $3, id, 0, envelope
     from head, unnest($4::uuid[], $5::bytea[]) with ordinality x (id, envelope, n)`,
    [key, count, sessions[0]?.device, envelopes.map(() => messageId()), envelopes],
  )
}

/** Announces an entry of the log, as the pod that stored it would. */
export async function announceByHand({ deps }: Pod, { key }: Seeded, seq: number): Promise<void> {
  const [entry] = await deps.store.log.page(key, seq - 1, 1, 1)
  deps.delivery.fanOut.announce(entry!)
}
