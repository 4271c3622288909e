import { systemClock } from '@fastchat/clock'
import type { ClientFrame, Head, MessageId, Operation, UserId } from '@fastchat/schema'
import type { LookUp } from '../src/account/look-up.ts'
import type { Context, ConversationEvents } from '../src/conversation/context.ts'
import { Emitter } from '../src/emitter.ts'
import { noPeopleHooks } from '../src/people/people-hooks.ts'
import { newId } from './group.ts'

/** The parts of a device that a test sets and reads. */
type TestedDevice = Pick<Context, 'identity' | 'store' | 'counters'> & {
  readonly sent: ClientFrame[]
  readonly acked: number[]
  /** The account keys that this device has pinned. */
  readonly pinned: ReadonlyMap<UserId, string>
  readonly isOnline: boolean
  /** The head that other devices of the account have stored. */
  readonly head: Head | undefined
  /** Looks up the users of a tree or commit. */
  readonly lookUp: () => LookUp
  readonly answer: (frame: ClientFrame) => Promise<{ seq?: number; at?: number }>
  /** Delivers frames together with an answer, in one piece of the stream. */
  readonly answered: ((frame: ClientFrame) => void) | undefined
}

/** Returns the context of a device's conversation: its server is what the test answers. */
export function deviceContext(
  device: TestedDevice,
  call: (operation: Operation, input: object) => Promise<never>,
): Context {
  return {
    identity: device.identity,
    store: device.store,
    events: new Emitter<ConversationEvents>(),
    counters: device.counters,
    api: { call },
    connection: {
      get isOnline() {
        return device.isOnline
      },
      request: async (frame, onOk) => {
        device.sent.push(frame)
        // The cast holds because only requests are answered, with the test's answer.
        const answer = await device.answer(frame)
        onOk?.()
        if (device.answered) {
          device.answered(frame)
          // The code that awaits the answer runs after the frames that came with it.
          await new Promise(setImmediate)
        }
        return answer as never
      },
    },
    acks: { note: (_, seq) => void device.acked.push(seq) },
    pins: {
      trust: async () => true,
      lookUp: () => device.lookUp(),
      keep: (_found, _batch, write) => write(),
      learn: async () => {},
      nameOf: (userId) => userId,
      accountKeyOf: (userId) => device.pinned.get(userId),
    },
    headOf: () => device.head,
    people: noPeopleHooks,
    keyPackages: { all: async () => new Map(), use: async () => {}, refill: async () => {}, renew: async () => {} },
    hasSynced: () => true,
    isSynced: () => true,
    clock: systemClock,
    random: Math.random,
    newId: () => newId<MessageId>(),
  }
}
