import { randomUUID } from 'node:crypto'
import type { ConversationId, DeviceId, UserId } from '@fastchat/schema'

export type Query = (text: string, values: unknown[]) => Promise<Record<string, unknown>[]>

/** A device and its user, who has no other device. */
export type SeedDevice = { readonly userId: UserId; readonly deviceId: DeviceId }

/**
 * Inserts `count` users with a device each. Thousands of sign-ups would take minutes of argon2id,
 * and these tests need only the rows.
 */
export async function seedDevices(query: Query, count: number): Promise<readonly SeedDevice[]> {
  const devices = Array.from({ length: count }, () => ({ userId: uuid<UserId>(), deviceId: uuid<DeviceId>() }))
  const users = devices.map(({ userId }) => userId)
  await query(
    `insert into "user" (pub_id, username, password_hash, account_key)
     select id, 'bench-' || id, '', '' from unnest($1::uuid[]) x (id)`,
    [users],
  )
  await query(
    `insert into device (pub_id, user_id, name, signature_key, credential_sig)
     select x.device, u.id, 'bench', '', '' from unnest($1::uuid[], $2::uuid[]) x (owner, device) join "user" u on u.pub_id = x.owner`,
    [users, devices.map(({ deviceId }) => deviceId)],
  )
  return devices
}

export type SeedConversation = {
  readonly kind: 'direct' | 'group'
  readonly between: readonly [SeedDevice, SeedDevice]
}

/**
 * Both devices of a seeded conversation have acked its first commit, which the log no longer holds.
 */
export const seededSeq = 1
export const seededGroupNo = 1
export const seededEpoch = 1

/**
 * Inserts conversations as they are after their first commit, with a leaf for each of the two
 * devices.
 */
export async function seedConversations(
  query: Query,
  wanted: readonly SeedConversation[],
): Promise<readonly ConversationId[]> {
  const ids = wanted.map(() => uuid<ConversationId>())
  await query(
    `insert into conversation (pub_id, kind, pair_low, pair_high, creator_id, group_no, epoch, last_seq, floor_seq)
     select x.id, x.kind, case x.kind when 0 then least(a.id, b.id) end, case x.kind when 0 then greatest(a.id, b.id) end, a.id,
       ${seededGroupNo}, ${seededEpoch}, ${seededSeq}, ${seededSeq}
     from unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[]) x (id, kind, a, b)
     join "user" a on a.pub_id = x.a join "user" b on b.pub_id = x.b`,
    [
      ids,
      wanted.map(({ kind }) => (kind === 'direct' ? 0 : 1)),
      wanted.map(({ between: [first] }) => first.userId),
      wanted.map(({ between: [, second] }) => second.userId),
    ],
  )
  await seedLeaves(
    query,
    wanted.flatMap(({ between }, n) => between.map((device, leaf) => ({ conversation: ids[n]!, device, leaf }))),
  )
  return ids
}

/** Inserts a group as it is after its first commit, with a leaf for each device. */
export async function seedGroup(query: Query, devices: readonly SeedDevice[]): Promise<ConversationId> {
  const conversation = uuid<ConversationId>()
  await query(
    `insert into conversation (pub_id, kind, creator_id, group_no, epoch, last_seq, floor_seq)
     select $1, 1, id, ${seededGroupNo}, ${seededEpoch}, ${seededSeq}, ${seededSeq} from "user" where pub_id = $2`,
    [conversation, devices[0]?.userId],
  )
  await seedLeaves(
    query,
    devices.map((device, leaf) => ({ conversation, device, leaf })),
  )
  return conversation
}

type SeedLeaf = { readonly conversation: ConversationId; readonly device: SeedDevice; readonly leaf: number }

/** Inserts the members, leaves and cursors of these devices. */
async function seedLeaves(query: Query, leaves: readonly SeedLeaf[]): Promise<void> {
  await query(
    `with seeded as (
       select c.id as conversation_id, d.id as device_id, d.user_id, x.leaf
       from unnest($1::uuid[], $2::uuid[], $3::int[]) x (conversation, device, leaf)
       join conversation c on c.pub_id = x.conversation join device d on d.pub_id = x.device
     ), members as (
       insert into member (conversation_id, user_id, role) select conversation_id, user_id, 1 from seeded
     ), leaves as (
       insert into leaf (conversation_id, device_id, group_no, leaf_index, from_seq)
       select conversation_id, device_id, ${seededGroupNo}, leaf, ${seededSeq} from seeded
     )
     insert into device_cursor (device_id, conversation_id, acked_seq) select device_id, conversation_id, ${seededSeq} from seeded`,
    [
      leaves.map(({ conversation }) => conversation),
      leaves.map(({ device }) => device.deviceId),
      leaves.map(({ leaf }) => leaf),
    ],
  )
  // The log is not analyzed: PostgreSQL would plan queries for an empty table.
  await query('analyze "user", device, conversation, member, leaf, device_cursor', [])
}

/** Returns a new id of this type, which is a UUID. */
const uuid = <T extends string>() => randomUUID() as string as T
