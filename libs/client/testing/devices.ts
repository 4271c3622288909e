/**
 * Helpers for tests: devices of one conversation in memory, each with the SDK's conversation. The
 * test plays the server.
 */

import { systemClock } from '@fastchat/clock'
import {
  type ChainFrame,
  createAccountKey,
  createDeviceKeys,
  createKeyPackage,
  type DeviceIdentity,
  encodeChained,
  Group,
  signCredential,
} from '@fastchat/crypto'
import type {
  ClientFrame,
  ConversationId,
  DeviceId,
  GroupNo,
  Head,
  LogEntry,
  MessageId,
  Operation,
  Payload,
  Roster,
  UserId,
} from '@fastchat/schema'
import { chatOperations, toBase64Url } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'
import type { LookUp } from '../src/account/look-up.ts'
import { loadRecord } from '../src/chain/stored-chain.ts'
import type { Context, ConversationEvents } from '../src/conversation/context.ts'
import { Conversation } from '../src/conversation/conversation.ts'
import { SendSlots } from '../src/conversation/send-slots.ts'
import { SentMessages } from '../src/conversation/sent-messages.ts'
import { Emitter } from '../src/emitter.ts'
import { noPeopleHooks } from '../src/people/people-hooks.ts'
import type { ConversationRecord, Entry, OutboxRecord } from '../src/store/records.ts'
import { parseRecord } from '../src/store/records.ts'
import type { Store } from '../src/store/store.ts'
import { memoryStore } from './memory-store.ts'

// The casts hold because the ids are made in the schema's form.
export const newId = <T extends string>(): T => uuidv7() as T
export const conversation = newId<ConversationId>()

/** Makes a device of a user, under the given account key or a new one. */
export function createIdentity(
  userId: UserId = newId<UserId>(),
  { accountPrivate, accountKey } = createAccountKey(),
): DeviceIdentity {
  const device = { userId, deviceId: newId<DeviceId>() }
  const keys = createDeviceKeys()
  const credentialSig = signCredential(accountPrivate, { ...device, signatureKey: keys.signaturePublic })
  return { ...device, ...keys, accountKey, credentialSig }
}

const trust = () => true

/** Makes a group of an admin and others. Returns each one's state of it. */
export async function createGroup(
  identities: readonly [DeviceIdentity, ...DeviceIdentity[]],
  groupNo = 1,
): Promise<Group[]> {
  const [admin, ...others] = identities
  const packages = await Promise.all(
    others.map((identity) => createKeyPackage(identity, { lastResort: false, now: Date.now() })),
  )
  // The cast holds because the test chooses the number.
  const alone = await Group.create({ conversation, groupNo: groupNo as GroupNo, identity: admin, kind: 'group' })
  const made = await alone.commit({
    add: packages.map(({ publicBytes }) => publicBytes),
    roster: rosterOf(identities),
    trust,
  })
  const { welcome = new Uint8Array() } = made
  const joined = others.map((identity, at) => {
    const own = packages[at]
    const keyPackages = (ref: string) => (ref === own?.ref ? own.privateBytes : undefined)
    return Group.joinByWelcome({ welcome, identity, keyPackages, trust })
  })
  return [made.pending, ...(await Promise.all(joined))]
}

const rosterOf = ([admin, ...others]: readonly DeviceIdentity[]): Roster => ({
  kind: 'group',
  members: [
    ...(admin ? [{ userId: admin.userId, role: 'admin' as const }] : []),
    ...others.map(({ userId }) => ({ userId, role: 'member' as const })),
  ].toSorted((a, b) => (a.userId < b.userId ? -1 : 1)),
})

/** A member that writes to the log with only a group. */
export class Writer {
  readonly identity: DeviceIdentity
  group: Group
  /** The group info after the last commit. */
  groupInfo: Uint8Array = new Uint8Array()
  /** The view of the log that its messages state. Empty unless a test sets it. */
  frame: ChainFrame = { closings: [], voided: 0 }

  constructor(identity: DeviceIdentity, group: Group) {
    this.identity = identity
    this.group = group
  }

  says(seq: number, text: string): Promise<LogEntry> {
    return this.sends(seq, { v: 1, kind: 'text', text })
  }

  async sends(seq: number, payload: Payload): Promise<LogEntry> {
    const plaintext = encodeChained(this.frame, new TextEncoder().encode(JSON.stringify(payload)))
    const { group, envelope } = await this.group.encrypt(plaintext)
    this.group = group
    return this.at(seq, 'application', envelope)
  }

  async commits(seq: number, change: { roster?: Roster; remove?: number[] } = {}): Promise<LogEntry> {
    const { pending, commit, groupInfo } = await this.group.commit({ ...change, trust })
    this.group = pending
    this.groupInfo = groupInfo
    return this.at(seq, 'commit', commit)
  }

  at(seq: number, kind: LogEntry['kind'], envelope: Uint8Array, id: MessageId = newId()): LogEntry {
    return {
      conversation,
      // Tests count positions from 1.
      seq: seq as LogEntry['seq'],
      kind,
      id,
      from: this.identity.deviceId,
      at: seq,
      envelope: toBase64Url(envelope),
    }
  }
}

type Answers = Record<string, (input: { params?: unknown; query?: unknown; body?: unknown }) => unknown>

/** A device with the SDK's conversation on it. The test answers its requests. */
export class Device {
  readonly identity: DeviceIdentity
  readonly store: Store
  readonly shown: Entry[] = []
  readonly troubles: Error[] = []
  readonly sent: ClientFrame[] = []
  readonly acked: number[] = []
  readonly called: string[] = []
  readonly answers: Answers = {
    [`${chatOperations.listMessages.method} ${chatOperations.listMessages.path}`]: () => ({
      ...{ entries: [], floorSeq: 0, lastSeq: this.lastSeq },
    }),
  }
  /** The end of the log, by the server's word. */
  lastSeq = 1_000
  readonly counters = { undecryptable: 0, rejoins: 0, restarts: 0, wrongSenders: 0, alarms: 0, skipped: 0 }
  readonly context: Context
  /** The account keys that this device has pinned. */
  readonly pinned = new Map<UserId, string>()
  /** Looks up the users of a tree or commit. */
  lookUp: () => LookUp = () =>
    ({ trust: async () => true, knows: async () => true, found: new Map() }) as Partial<LookUp> as LookUp
  /** The head that other devices of the account have stored. */
  head: Head | undefined
  isOnline = true
  answer: (frame: ClientFrame) => Promise<{ seq?: number; at?: number }> = async () => ({})
  /** Delivers frames together with an answer, in one piece of the stream. */
  answered: ((frame: ClientFrame) => void) | undefined
  conversation!: Conversation

  constructor(identity: DeviceIdentity, store: Store = memoryStore()) {
    this.identity = identity
    this.store = store
    const events = new Emitter<ConversationEvents>()
    events.on('entry', (entry) => this.shown.push(entry))
    events.on('trouble', (error) => this.troubles.push(error))
    const device = this
    this.context = {
      identity,
      store,
      events,
      counters: this.counters,
      api: { call: (operation, input) => this.#call(operation, input) },
      connection: {
        get isOnline() {
          return device.isOnline
        },
        request: async (frame, onOk) => {
          this.sent.push(frame)
          // The cast holds because only requests are answered, with the test's answer.
          const answer = await this.answer(frame)
          onOk?.()
          if (this.answered) {
            this.answered(frame)
            // The code that awaits the answer runs after the frames that came with it.
            await new Promise(setImmediate)
          }
          return answer as never
        },
      },
      acks: { note: (_, seq) => void this.acked.push(seq) },
      pins: {
        trust: async () => true,
        lookUp: () => this.lookUp(),
        keep: (_found, _batch, write) => write(),
        learn: async () => {},
        nameOf: (userId) => userId,
        accountKeyOf: (userId) => this.pinned.get(userId),
      },
      headOf: () => this.head,
      people: noPeopleHooks,
      keyPackages: { all: async () => new Map(), use: async () => {}, refill: async () => {}, renew: async () => {} },
      hasSynced: () => true,
      isSynced: () => true,
      clock: systemClock,
      random: Math.random,
      newId: () => newId<MessageId>(),
    }
  }

  /** Begins with a record, and with a group if it is in one. Both are stored. */
  async begin(record: Partial<ConversationRecord>, group?: Group): Promise<this> {
    this.conversation = new Conversation(this.context, new SendSlots(), {
      record: { ...blank, members: group?.roster.members ?? [], ...record },
      ...(group && { group }),
      outbox: [],
      sent: new SentMessages(conversation, []),
    })
    if (group) await this.store.write([{ table: 'groups', key: conversation, value: group.encode() }])
    await this.conversation.keep()
    return this
  }

  /** Returns the same device after a crash: it has only its store. */
  async again(): Promise<Device> {
    const device = new Device(this.identity, this.store)
    Object.assign(device.answers, this.answers)
    const record = await this.store.get('conversations', conversation)
    const state = await this.store.get('groups', conversation)
    const outbox = await this.store.list('outbox')
    const sent = (await this.store.list('sent')).map(({ key, value }) => {
      return { key, at: parseRecord<OutboxRecord>(value).stored?.at ?? 0 }
    })
    device.conversation = new Conversation(device.context, new SendSlots(), {
      record: record ? await loadRecord(this.store, record) : blank,
      ...(state && { group: Group.decode(state, this.identity) }),
      outbox: outbox.map(({ value }) => parseRecord<OutboxRecord>(value)),
      sent: new SentMessages(conversation, sent),
    })
    await device.conversation.load()
    return device
  }

  receive(...entries: readonly Parameters<Conversation['receive']>[0][]): void {
    for (const entry of entries) this.conversation.receive(entry)
  }

  get texts(): string[] {
    return this.shown.flatMap(({ payload }) => (payload?.kind === 'text' ? [payload.text] : []))
  }

  get kinds(): string[] {
    return this.shown.map(({ type, event }) => event?.kind ?? type)
  }

  async #call(operation: Operation, input: object): Promise<never> {
    const name = `${operation.method} ${operation.path}`
    this.called.push(name)
    const found = this.answers[name]
    if (!found) throw new Error(`no answer to ${name}`)
    // The cast holds because the test answers in the form of the operation.
    return (await found(input)) as never
  }
}

const blank: ConversationRecord = {
  conversation,
  kind: 'group',
  status: 'active',
  groupNo: 1,
  cursor: 0,
  joinedSeq: 0,
  readSeq: 0,
  unread: 0,
  lastAt: 0,
  members: [],
  departed: [],
  profileSeq: 0,
}
