import type { Pool } from '@fastchat/db'
import type { ConversationId, DeviceId, MessageId, UserId } from '@fastchat/schema'
import type { GroupState, RegisteredDevice } from '../domain/judge-bundle.ts'
import type { ConversationKey, DeviceKey, UserKey } from '../domain/ports.ts'
import { conversationKinds, roles } from './entry-kinds.ts'

/** The state of a group, with the number of removals that were pending when it was read. */
export type JudgedState = GroupState & { readonly pendingVer: number }

type StateRow = {
  kind: number
  groupNo: number
  epoch: number
  pendingVer: number
  pair: UserId[]
  members: { userId: UserId; role: number; departed: boolean; deleted: boolean }[]
  leaves: { leafIndex: number; userId: UserId; deviceId: DeviceId; revoked: boolean }[]
}

/**
 * Reads the state in one statement, so all of it holds at one moment. Returns undefined if the
 * conversation no longer exists.
 */
export async function readGroupState(
  pool: Pool,
  key: ConversationKey,
  conversation: ConversationId,
): Promise<JudgedState | undefined> {
  const { rows } = await pool.query<StateRow>({
    name: 'group_state',
    text: `
      select c.kind, c.group_no as "groupNo", c.epoch, c.pending_ver as "pendingVer",
        to_json(array(select u.pub_id from "user" u where u.id in (c.pair_low, c.pair_high))) as pair,
        to_json(array(
          select json_build_object('userId', u.pub_id, 'role', m.role, 'departed', m.departed_seq is not null,
            'deleted', u.deleted_at is not null)
          from member m join "user" u on u.id = m.user_id where m.conversation_id = c.id order by u.pub_id)) as members,
        to_json(array(
          select json_build_object('leafIndex', l.leaf_index, 'userId', u.pub_id, 'deviceId', d.pub_id,
            'revoked', d.revoked_at is not null)
          from leaf l join device d on d.id = l.device_id join "user" u on u.id = d.user_id
          where l.conversation_id = c.id and l.to_seq is null order by l.leaf_index)) as leaves
      from conversation c where c.id = $1`,
    values: [key],
  })
  const [row] = rows
  if (row === undefined) return undefined
  const { kind, members, leaves, ...rest } = row
  return {
    ...rest,
    conversation,
    kind: conversationKinds[kind] ?? 'group',
    members: members.map(({ userId, role }) => ({ userId, role: roles[role] ?? 'member' })),
    departed: members.filter(({ departed }) => departed).map(({ userId }) => userId),
    deleted: members.filter(({ deleted }) => deleted).map(({ userId }) => userId),
    leaves,
    revoked: leaves.filter(({ revoked }) => revoked).map(({ deviceId }) => deviceId),
  }
}

/**
 * Finds the entry that the sender has stored under this id before. A repeated request gets the same
 * answer, whatever has happened since.
 */
export async function findEntry(
  pool: Pool,
  key: ConversationKey,
  sender: DeviceKey,
  id: MessageId,
  envelope: Uint8Array,
): Promise<{ readonly seq: number; readonly same: boolean } | undefined> {
  const { rows } = await pool.query<{ seq: number; same: boolean }>({
    name: 'find_entry',
    text: `select seq, envelope = $4 as same from message
           where conversation_id = $1 and sender_device = $2 and client_id = $3`,
    values: [key, sender, id, envelope],
  })
  return rows[0]
}

/** Returns those of the devices that are registered. */
export async function readRegistry(
  pool: Pool,
  devices: readonly DeviceId[],
): Promise<(RegisteredDevice & { readonly key: DeviceKey })[]> {
  const { rows } = await pool.query<RegisteredDevice & { key: DeviceKey }>({
    name: 'registry',
    text: `select d.id as key, d.pub_id as "deviceId", u.pub_id as "userId", u.account_key as "accountKey",
             d.signature_key as "signatureKey", d.revoked_at is not null as "isRevoked"
           from device d join "user" u on u.id = d.user_id where d.pub_id = any ($1::uuid[])`,
    values: [devices],
  })
  return rows
}

export async function readUserKeys(pool: Pool, users: readonly UserId[]): Promise<ReadonlyMap<UserId, UserKey>> {
  const { rows } = await pool.query<{ userId: UserId; key: UserKey }>({
    name: 'user_keys',
    text: `select pub_id as "userId", id as key from "user" where pub_id = any ($1::uuid[])`,
    values: [users],
  })
  return new Map(rows.map(({ userId, key }) => [userId, key]))
}
