import { systemClock } from '@fastchat/clock'
import { Group } from '@fastchat/crypto'
import type { LogEntry, OwnContents } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { putRestored } from '../backup/restored-rows.ts'
import type { ConversationEvents } from '../conversation/context.ts'
import { keepCounts, recountUnread } from '../conversation/keep-counts.ts'
import { Emitter } from '../emitter.ts'
import { Batch, type ConversationRecord } from '../store/records.ts'
import { OwnRows } from './own-rows.ts'
import { shareReadPositions } from './share-read-positions.ts'

// Unread counts of two devices of one account, in step over their own records.

const messages = 8

/** A device of ben, with its copy of the record of the chat. */
class Reader {
  readonly device: Device
  rows!: OwnRows

  constructor(device: Device) {
    this.device = device
  }

  async open(): Promise<this> {
    const { store, context, conversation: one, identity } = this.device
    this.rows = await OwnRows.open({ store, deviceId: identity.deviceId, clock: systemClock })
    const failed = (error: Error) => this.device.troubles.push(error)
    const conversations = { all: [one], find: () => one }
    context.events.on('conversation', shareReadPositions({ rows: this.rows, conversations, failed }))
    keepCounts({ conversations, events: context.events, store })
    return this
  }

  async receive(entry: LogEntry): Promise<void> {
    this.device.receive(entry)
    await eventually(() => expect(this.device.conversation.record.cursor).toBe(entry.seq), { everyMs: 1 })
  }

  /** Takes over the record of the other device, as a fetch from the server would. */
  async learn(contents: OwnContents | undefined): Promise<void> {
    if (!contents) return
    await this.rows.merge([{ key: contents.key, version: 1, contents }], { change: 1 })
    await this.settled()
  }

  /** Resolves when nothing that follows from a change is under way. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) {
      await this.rows.idle()
      await this.device.conversation.locked(async () => {})
      await new Promise(setImmediate)
    }
  }

  get contents(): OwnContents | undefined {
    return this.rows.get(`chat/${conversation}`)
  }
}

/** Begins a group of ann and ben. */
async function begin() {
  const [annId, benId] = [createIdentity(), createIdentity()]
  const [ann, ben] = await createGroup([annId, benId])
  const state = ben!.encode()
  // Each device has a state for itself: reading overwrites keys.
  const device = (record: Partial<ConversationRecord>) =>
    new Device(benId).begin({ isCounted: true, ...record }, Group.decode(state, benId))
  return { ann: new Writer(annId, ann!), device }
}

test('two devices that read and receive in any order end with the same exact count', async () => {
  const { ann, device } = await begin()
  const log: LogEntry[] = []
  for (let seq = 1; seq <= messages; seq++) log.push(await ann.says(seq, `text ${seq}`))
  const step = fc.oneof(
    fc.record({ who: fc.nat(1), does: fc.constant('receive' as const) }),
    fc.record({ who: fc.nat(1), does: fc.constant('read' as const), upTo: fc.nat(messages) }),
    fc.record({ who: fc.nat(1), does: fc.constant('learn' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
      // Both read the log with the same state: only what they count differs.
      const readers = await Promise.all([0, 1].map(async () => new Reader(await device({})).open()))
      let most = 0
      for (const { who, ...what } of steps) {
        const [reader, other] = who === 0 ? readers : readers.toReversed()
        const { record } = reader!.device.conversation
        if (what.does === 'receive' && record.cursor < messages) await reader!.receive(log[record.cursor]!)
        if (what.does === 'learn') await reader!.learn(other!.contents)
        if (what.does === 'read') {
          const seq = Math.min(what.upTo, record.cursor)
          await reader!.device.conversation.markRead(seq)
          most = Math.max(most, seq)
        }
        await reader!.settled()
        const { unread, readSeq, cursor, firstUnread } = reader!.device.conversation.record
        expect(unread).toBe(Math.max(0, cursor - readSeq))
        expect(firstUnread).toBe(cursor > readSeq ? readSeq + 1 : undefined)
      }
      for (const reader of readers)
        while (reader.device.conversation.record.cursor < messages)
          await reader.receive(log[reader.device.conversation.record.cursor]!)
      for (const [reader, other] of [readers, readers.toReversed()]) await reader!.learn(other!.contents)
      for (const { device } of readers) {
        expect(device.troubles).toEqual([])
        expect([device.conversation.unread, device.conversation.record.readSeq]).toEqual([messages - most, most])
      }
    }),
    { numRuns: 25 },
  )
})

test('a device that joins later counts what came from the backup and no device has read', async () => {
  const { ann, device: open } = await begin()
  const device = await open({ cursor: 6, joinedSeq: 6 })
  const reader = await new Reader(device).open()
  const { conversation: chat } = device
  await chat.markRead(4)
  // The backup also has a position that the log will show: it counts once, when it does.
  const restored = [2, 3, 4, 5, 6, 7].map((seq) => ({
    ...{ type: 'message' as const, conversation, seq, at: seq, id: ann.at(seq, 'application', new Uint8Array()).id },
    ...{ from: ann.identity.userId, payload: { v: 1 as const, kind: 'text' as const, text: `text ${seq}` } },
  }))
  const batch = new Batch()
  putRestored(batch, restored)
  await device.store.write(batch.writes)
  device.context.events.emit('restored', { conversation })
  await eventually(() => expect([chat.unread, chat.firstUnread]).toEqual([2, 5]))
  await reader.receive(await ann.says(7, 'text 7'))
  await reader.receive(await ann.says(8, 'text 8'))
  await chat.recount()
  expect([chat.unread, chat.firstUnread, chat.record.lastMessageSeq]).toEqual([4, 5, 8])
  await chat.markRead(5)
  expect([chat.unread, chat.firstUnread]).toEqual([3, 6])
  // What came from the backup before this device joined counts when it has joined.
  let counts = 0
  const events = new Emitter<ConversationEvents>()
  const one = { record: { ...chat.record, joinedSeq: 0 }, id: chat.id, recount: async () => void counts++ } as never
  const conversations = { all: [one], find: () => one }
  keepCounts({ conversations, events, store: device.store })
  events.emit('conversation', { ...chat.record, joinedSeq: 0 })
  expect(counts).toBe(0)
  events.emit('conversation', chat.record)
  expect(counts).toBe(1)
  recountUnread({ conversations, events })
  expect(counts).toBe(2)
})
