import type { ConversationRecord, Entry, Identity, Store, Write } from '@fastchat/client'
import {
  createAccountKey,
  createDeviceKeys,
  createKeyPackage,
  type DeviceIdentity,
  Group,
  signCredential,
} from '@fastchat/crypto'
import {
  type ConversationId,
  type DeviceId,
  type GroupNo,
  type MessageId,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'

// uuidv7 returns UUIDs, the form of every id.
const newId = <T extends string>(): T => uuidv7() as T
const encoder = new TextEncoder()
const put = (table: Write['table'], key: string, record: unknown): Write => ({
  ...{ table, key },
  value: encoder.encode(JSON.stringify(record)),
})

/** The writes of one batch. */
const batchWrites = 2_000
/** The members of each group, with this one. */
const groupMembers = 5
/** The different states of groups. Chats share them, because making one takes long. */
const groupStates = 8
const words = 'the train to Berlin leaves at nine from platform seven so bring coffee and two tickets'.split(' ')

export type SeededHome = { readonly chats: readonly ConversationId[] }

/** Fills a store with a signed-in device, groups, and messages in turns over all of them. */
export async function seedHome(store: Store, size: { chats: number; messages: number }): Promise<SeededHome> {
  const me = makeDevice()
  const writes: Write[] = [put('meta', 'identity', identityOf(me))]
  const flush = async (least = batchWrites) => {
    while (writes.length > 0 && writes.length >= least) await store.write(writes.splice(0, batchWrites))
  }
  const groups = await Promise.all(Array.from({ length: groupStates }, () => makeGroup(me)))
  const chats = Array.from({ length: size.chats }, () => newId<ConversationId>())
  const perChat = Math.floor(size.messages / size.chats)
  for (const [n, conversation] of chats.entries()) {
    const { group, others } = groups[n % groups.length]!
    const record: ConversationRecord = {
      ...{ conversation, kind: 'group', status: 'active', groupNo: 1, cursor: perChat, joinedSeq: 0, readSeq: perChat },
      ...{ unread: 0, isCounted: true, lastAt: n, lastMessageSeq: perChat, departed: [], profileSeq: 1 },
      ...{ members: group.roster.members, name: `group ${n}`, lawful: { groupNo: 1, epoch: group.epoch } },
    }
    writes.push(put('conversations', conversation, record))
    writes.push({ table: 'groups', key: conversation, value: group.encode() })
    writes.push(put('own', `chat/${conversation}`, ownRow(conversation, perChat)))
    for (let seq = 1; seq <= perChat; seq++) {
      const id = newId<MessageId>()
      const key = `${conversation}/${String(seq).padStart(16, '0')}/0`
      const text = [...Array(9)].map((_, w) => words[(seq * 7 + w * n) % words.length]).join(' ')
      const entry: Entry = {
        ...{ type: 'message', conversation, seq, at: seq * 1_000 + n, id },
        ...{ from: others[seq % others.length]!, payload: { v: 1, kind: 'text', text: `${text} ${n}-${seq}` } },
      }
      writes.push(put('entries', key, entry), put('messageIds', id, key))
      await flush()
    }
  }
  await flush(1)
  return { chats }
}

const ownRow = (conversation: ConversationId, read: number) => ({
  ...{ contents: { v: 1, key: `chat/${conversation}`, read, fields: {} }, version: 1, isNew: false },
})

function makeDevice(): DeviceIdentity {
  const { accountPrivate, accountKey } = createAccountKey()
  const device = { userId: newId<UserId>(), deviceId: newId<DeviceId>() }
  const keys = createDeviceKeys()
  const credentialSig = signCredential(accountPrivate, { ...device, signatureKey: keys.signaturePublic })
  return { ...device, ...keys, accountKey, credentialSig }
}

const identityOf = (device: DeviceIdentity): Identity => ({
  ...{ userId: device.userId, username: 'ann', deviceId: device.deviceId, deviceName: 'bench' },
  accountKey: toBase64Url(device.accountKey),
  credentialSig: toBase64Url(device.credentialSig),
  signaturePrivate: toBase64Url(device.signaturePrivate),
  signaturePublic: toBase64Url(device.signaturePublic),
})

async function makeGroup(me: DeviceIdentity) {
  const others = Array.from({ length: groupMembers - 1 }, makeDevice)
  const packages = await Promise.all(others.map((one) => createKeyPackage(one, { lastResort: false, now: Date.now() })))
  // Group numbers begin at 1.
  const alone = await Group.create({
    ...{ conversation: newId<ConversationId>(), groupNo: 1 as GroupNo, identity: me, kind: 'group' },
  })
  const members = [me, ...others].map(({ userId }, n) => ({
    userId,
    role: n === 0 ? ('admin' as const) : ('member' as const),
  }))
  const { pending } = await alone.commit({
    ...{ add: packages.map(({ publicBytes }) => publicBytes), trust: () => true },
    roster: { kind: 'group', members: members.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)) },
  })
  return { group: pending, others: others.map(({ userId }) => userId) }
}
