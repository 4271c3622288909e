import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { groupIdOf } from '@fastchat/crypto/verify'
import type { Pool } from '@fastchat/db'
import type { ConversationId, DeviceId, Epoch, GroupNo, MessageId, UserId } from '@fastchat/schema'
import type { ConversationKey, DeviceKey, SendRequest, Session, UserKey } from '../../src/domain/ports.ts'

export type Seeded = {
  readonly conversation: ConversationId
  readonly key: ConversationKey
  /** Device n is the only device of user n. */
  readonly sessions: readonly Session[]
}

/** Returns a UUIDv7 for the time `at`, in milliseconds since 1970. */
export function messageId(at = Date.now()): MessageId {
  const time = at.toString(16).padStart(12, '0')
  const rest = randomBytes(10)
  rest[0] = ((rest[0] ?? 0) & 0x0f) | 0x70
  rest[2] = ((rest[2] ?? 0) & 0x3f) | 0x80
  const hex = time + rest.toString('hex')
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  // The cast holds, since it has the form of an id.
  return groups.join('-') as MessageId
}

/**
 * Returns random bytes in the form of an application message of that epoch (RFC 9420 §6.3).
 */
export function applicationEnvelope(header: {
  conversation: ConversationId
  groupNo: number
  epoch: number
  bytes?: number
}): Buffer {
  const { conversation, groupNo, epoch, bytes = 334 } = header
  const head = Buffer.alloc(5 + 20 + 8 + 3)
  head.set([0, 1, 0, 2, 20])
  // The casts hold, since callers pass numbers in the contract's ranges.
  head.set(groupIdOf(conversation, groupNo as GroupNo), 5)
  head.writeBigUInt64BE(BigInt(epoch as Epoch), 25)
  head.set([1, 0, 28], 33)
  const rest = bytes - head.length - 28
  const length = lengthPrefix(rest > 0x3fff ? rest - 4 : rest - 2)
  const left = rest - length.length
  return Buffer.concat([head, randomBytes(28), length, randomBytes(left)])
}

/** Encodes a variable-size length (RFC 9420 §2.1.2) in two bytes, or in four if it is larger. */
function lengthPrefix(length: number): Buffer {
  if (length < 0x4000) return Buffer.from([0x40 | (length >> 8), length & 0xff])
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE((0x80000000 | length) >>> 0)
  return prefix
}

/**
 * Creates users with one device each, and conversations of all of them. The groups are rows at
 * epoch 1.
 */
export async function seedConversations(
  pool: Pool,
  { conversations, devices }: { conversations: number; devices: number },
): Promise<Seeded[]> {
  const sessions = await Promise.all(Array.from({ length: devices }, () => seedDevice(pool)))
  const seeded: Seeded[] = []
  for (let n = 0; n < conversations; n++) {
    // The cast holds, since any UUID is an id.
    const conversation = randomUUID() as ConversationId
    const { rows } = await pool.query<{ id: ConversationKey }>(
      `insert into conversation (pub_id, kind, creator_id, group_no, epoch) values ($1, 1, $2, 1, 1) returning id`,
      [conversation, sessions[0]?.user],
    )
    const key = rows[0]!.id
    await pool.query(`insert into member select $1, u, 1 from unnest($2::bigint[]) u`, [
      key,
      sessions.map(({ user }) => user),
    ])
    await pool.query(
      `insert into leaf (conversation_id, device_id, group_no, leaf_index, from_seq)
       select $1, d, 1, n - 1, 1 from unnest($2::bigint[]) with ordinality x (d, n)`,
      [key, sessions.map(({ device }) => device)],
    )
    seeded.push({ conversation, key, sessions })
  }
  return seeded
}

export async function seedDevice(pool: Pool): Promise<Session> {
  return await seedDeviceOf(pool, await seedUser(pool))
}

type SeededUser = Pick<Session, 'user' | 'userId'>

async function seedUser(pool: Pool): Promise<SeededUser> {
  const user = await pool.query<{ id: UserKey; pub_id: UserId }>(
    `insert into "user" (pub_id, username, password_hash, account_key) values ($1, $2, '', $3) returning id, pub_id`,
    [randomUUID(), `u${randomInt(2 ** 47)}`, randomBytes(32)],
  )
  const { id, pub_id } = user.rows[0]!
  return { user: id, userId: pub_id }
}

/** Adds a device of a user. */
export async function seedDeviceOf(pool: Pool, { user, userId }: SeededUser): Promise<Session> {
  const device = await pool.query<{ id: DeviceKey; pub_id: DeviceId }>(
    `insert into device (pub_id, user_id, name, signature_key, credential_sig) values ($1, $2, '', $3, $4) returning id, pub_id`,
    [messageId(), user, randomBytes(32), randomBytes(64)],
  )
  return { user, userId, device: device.rows[0]!.id, deviceId: device.rows[0]!.pub_id }
}

/** Returns a send with a fresh id, epoch 1 and 334 random bytes, except for the changes. */
export function sendOf(seeded: Seeded, from: number, changes: Partial<SendRequest> = {}): SendRequest {
  const { conversation, sessions } = seeded
  const { groupNo, epoch } = { groupNo: 1, epoch: 1, ...changes }
  const envelope = applicationEnvelope({ conversation, groupNo, epoch })
  return {
    session: sessions[from]!,
    conversation,
    id: messageId(),
    groupNo,
    epoch,
    envelope,
    attachments: [],
    ...changes,
  }
}
