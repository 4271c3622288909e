/**
 * Helpers for tests: devices of one conversation in memory, each with the SDK's conversation. The
 * test plays the server.
 */

import { type DeviceIdentity, Group } from '@fastchat/crypto'
import { type ClientFrame, chatOperations, type Head, limits, type Operation, type UserId } from '@fastchat/schema'
import type { LookUp } from '../src/account/look-up.ts'
import { loadRecord } from '../src/chain/stored-chain.ts'
import type { Context } from '../src/conversation/context.ts'
import { Conversation } from '../src/conversation/conversation.ts'
import { SentMessages } from '../src/conversation/sent-messages.ts'
import { limitWork } from '../src/limit-work.ts'
import type { ConversationRecord, Entry, OutboxRecord } from '../src/store/records.ts'
import { parseRecord } from '../src/store/records.ts'
import type { Store } from '../src/store/store.ts'
import { deviceContext } from './device-context.ts'
import { conversation } from './group.ts'
import { memoryStore } from './memory-store.ts'

export { conversation, createGroup, createIdentity, newId } from './group.ts'
export { Writer } from './writer.ts'

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
    this.context = deviceContext(this, (operation, input) => this.#call(operation, input))
    this.context.events.on('entry', (entry) => this.shown.push(entry))
    this.context.events.on('trouble', (error) => this.troubles.push(error))
  }

  /** Begins with a record, and with a group if it is in one. Both are stored. */
  async begin(record: Partial<ConversationRecord>, group?: Group): Promise<this> {
    this.conversation = new Conversation(this.context, limitWork(limits.maxUnackedSends), {
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
    device.conversation = new Conversation(device.context, limitWork(limits.maxUnackedSends), {
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
