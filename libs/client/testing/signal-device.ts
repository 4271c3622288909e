import type { Clock, MonotonicMs, WallMs } from '@fastchat/clock'
import type { DeviceIdentity, Group } from '@fastchat/crypto'
import type { ClientFrames, ConversationId, ServerFrames } from '@fastchat/schema'
import type { ConversationEvents } from '../src/conversation/context.ts'
import { Emitter } from '../src/emitter.ts'
import type { ConnectionEvents } from '../src/net/connection.ts'
import { Signals } from '../src/signals/signals.ts'
import type { ConversationRecord } from '../src/store/records.ts'
import { conversation, createGroup, createIdentity } from './devices.ts'
import { memoryStore } from './memory-store.ts'

/** A clock that the test moves, both in step. */
class Clocks implements Clock {
  ms = 1_900_000_000_000
  readonly wallMs = () => this.ms as WallMs
  readonly monotonicMs = () => this.ms as MonotonicMs
}

type Sent = ClientFrames['signal'] | ClientFrames['signals']

/** One device with its signals. The test is its server: it carries the frames. */
export class SignalDevice {
  readonly identity: DeviceIdentity
  readonly clock = new Clocks()
  readonly store = memoryStore()
  readonly events = new Emitter<ConversationEvents>()
  readonly frames = new Emitter<ConnectionEvents>()
  readonly sent: Sent[] = []
  readonly errors: Error[] = []
  signals!: Signals
  group: Group
  record: ConversationRecord
  /** The settings that the account's devices share. */
  readonly settings = new Map<string, unknown>()
  /** The account's settings have been read. */
  isKnown = true
  isBlocked = false
  isQuiet = false
  #follow: () => void = () => {}

  constructor(identity: DeviceIdentity, group: Group, cursor = 10) {
    this.identity = identity
    this.group = group
    this.record = {
      ...{ conversation, kind: 'group', status: 'active', groupNo: group.groupNo, cursor, joinedSeq: 0, readSeq: 0 },
      ...{ unread: 0, lastAt: 0, members: group.roster.members, departed: [], profileSeq: 0 },
      lawful: { groupNo: group.groupNo, epoch: group.epoch },
    }
  }

  /** Starts the device on a server with or without signals. */
  async start({ knowsSignals = true } = {}): Promise<this> {
    const chat = () => ({ record: this.record, withGroup: <T>(task: (group: Group) => Promise<T>) => task(this.group) })
    const conversations = {
      get all() {
        return [chat()]
      },
      find: (id: ConversationId) => (id === conversation ? chat() : undefined),
      isSettled: true,
    }
    this.signals = new Signals({
      ...{ store: this.store, identity: this.identity, clock: this.clock, random: () => 0 },
      connection: {
        isOnline: true,
        post: (frame) => void this.sent.push(frame as Sent),
        // The cast holds because only `signals` is asked, and answered with a time.
        request: async (frame) => {
          this.sent.push(frame as Sent)
          return { t: 'ok', id: frame.id, at: this.clock.ms }
        },
      },
      // The cast holds because signals use only these parts of a conversation.
      conversations: conversations as unknown as ConstructorParameters<typeof Signals>[0]['conversations'],
      onError: (error) => this.errors.push(error),
      privacy: {
        own: {
          settings: {
            get: (name) => this.settings.get(name),
            set: async (name, value) => void this.settings.set(name, value),
          },
          on: (_, listener) => (this.#follow = listener),
        },
        isKnown: () => this.isKnown,
      },
      isBlocked: () => this.isBlocked,
      mayTell: () => !this.isQuiet,
    })
    await this.signals.load(this.events, this.frames)
    // The cast holds because only the limits of `ready` are read.
    const limits = knowsSignals ? { maxSignalBytes: 1024 } : {}
    this.frames.emit('ready', { limits } as ServerFrames['ready'])
    return this
  }

  /** Another device of the account turns a switch. */
  turnsElsewhere(name: string, isOn: boolean): void {
    this.settings.set(`privacy-${name}`, isOn)
    this.#follow()
  }

  change(more: Partial<ConversationRecord>): void {
    this.record = { ...this.record, ...more }
    this.events.emit('conversation', this.record)
  }

  /** Shows a message of another user. */
  shows(seq: number, from: DeviceIdentity): void {
    this.events.emit('entry', { type: 'message', conversation, seq, at: 0, from: from.userId, device: from.deviceId })
    this.change({ cursor: seq })
  }

  /** Takes the signals that were sent since the last call, as the server passes them on. */
  takeSent(): ServerFrames['signaled'][] {
    const all = this.sent.splice(0)
    return all.flatMap((frame) => {
      if (frame.t !== 'signal') return []
      const { t: _, keep: __, ...signal } = frame
      return [{ t: 'signaled', ...signal, device: this.identity.deviceId } as const]
    })
  }

  async hears(...frames: readonly ServerFrames['signaled'][]): Promise<void> {
    for (const frame of frames) this.signals.received(frame)
    await this.signals.idle()
  }
}

/** Starts a device for each of three users, who share a group. */
export async function threeMembers() {
  const identities = [createIdentity(), createIdentity(), createIdentity()] as const
  const groups = await createGroup(identities)
  const devices = identities.map((identity, at) => new SignalDevice(identity, groups[at]!))
  const [ana, ben, cleo] = await Promise.all(devices.map((device) => device.start()))
  return { ana: ana!, ben: ben!, cleo: cleo! }
}
