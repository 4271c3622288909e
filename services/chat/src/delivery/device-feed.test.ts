import { ManualClock } from '@fastchat/clock/testing'
import type { DeviceId, ServerFrame, UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { conversation, device, FakeLog, key, type Step } from '../../testing/fake-log.ts'
import type { LeafDelta, UserKey } from '../domain/ports.ts'
import { ConversationFeeds } from './conversation-feeds.ts'
import { DeviceFeed, type DeviceFeedDeps } from './device-feed.ts'
import { type DeliveryConnection, slowAfterMs } from './device-outlet.ts'

const session = { userId: 'u' as UserId, user: 1 as UserKey, deviceId: 'd' as DeviceId, device }
/** The length of a short WebSocket frame's header. */
const headerBytes = 2

let log: FakeLog
let feeds: ConversationFeeds
let feed: DeviceFeed
let clock: ManualClock
let isFull: boolean
let drained: () => void
let delivered: number[]
let frames: ServerFrame[]
let closed: string | undefined
let subscribe: () => Promise<void>

beforeEach(() => start())

function start(): void {
  log = new FakeLog()
  clock = new ManualClock()
  isFull = false
  delivered = []
  frames = []
  closed = undefined
  subscribe = () => Promise.resolve()
  const bus = { subscribe: () => subscribe(), unsubscribe: () => undefined }
  const onDelta = ({ added }: LeafDelta) => added.includes(device) && feed.refresh()
  feeds = new ConversationFeeds({ log, bus, onDelta, onHealError: () => undefined })
  feed = openFeed((frame) => void delivered.push(Number(frame.subarray(headerBytes).toString())))
}

function openFeed(write: (frame: Buffer) => void): DeviceFeed {
  const deps: DeviceFeedDeps = {
    feeds,
    counts: { deliveries: 0 },
    cursors: { note: () => undefined },
    monotonicMs: clock.monotonicMs,
    onReadError: () => undefined,
  }
  const connection: DeliveryConnection = {
    send: (frame) => void frames.push(frame),
    write,
    close: (reason) => {
      closed = reason
    },
    get isFull() {
      return isFull
    },
    onDrain: (listener) => {
      drained = listener
    },
  }
  return new DeviceFeed(deps, { session, connection, log, helloCursors: new Map() })
}

/** Resolves when all started work is done. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Holds back the answers to the reads that `start` begins. Call the result to release them. */
function held(start: () => void): () => void {
  const waiting: (() => void)[] = []
  const { wait } = log
  log.wait = async (value) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return value
  }
  start()
  log.wait = wait
  return () => {
    for (const resolve of waiting) resolve()
  }
}

const commit = (step: Step = 'message') => log.commit(step)!
const say = (step?: Step) => feeds.accept(commit(step), 'bus')
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

describe('entries come in order', () => {
  test('an entry committed while the pod subscribes is read once the subscription is live', async () => {
    commit()
    let listening = () => {}
    subscribe = () => new Promise((resolve) => (listening = resolve))
    feed.refresh()
    await settled()
    commit() // no announcement reaches this pod
    expect(frames).toEqual([])
    listening()
    await settled()
    expect(delivered).toEqual([1, 2, 3])
    expect(frames).toEqual([{ t: 'synced' }])
  })

  test('the same holds if another device began the subscription and left', async () => {
    let listening = () => {}
    subscribe = () => new Promise((resolve) => (listening = resolve))
    const other = openFeed(() => undefined)
    other.refresh()
    await settled()
    feed.refresh()
    await settled()
    commit()
    other.close()
    listening()
    await settled()
    expect(delivered).toEqual([1, 2])
  })

  test('a device is told of positions that a restore skipped, before the entries that follow', async () => {
    commit()
    log.gaps = [{ from: 3, to: 9 }]
    feed.refresh()
    await settled()
    expect(delivered).toEqual([1, 2])
    expect(frames).toMatchObject([{ t: 'gap', from: 3, to: 9, reason: 'restore' }, { t: 'synced' }])
    const next = { conversation, key, seq: 10, kind: 'application', frame: Buffer.from('10') } as const
    feeds.accept(next, 'bus')
    await settled()
    expect(delivered).toEqual([1, 2, 10])
    expect(log.pages).toBe(1)
  })

  test('a gap is read once for all readers', async () => {
    feed.refresh()
    await settled()
    commit()
    const before = log.pages
    const late = [commit(), commit(), commit()]
    for (const entry of late) feeds.accept(entry, 'bus')
    await settled()
    expect(delivered).toEqual(range(1, 5))
    expect(log.pages - before).toBe(1)
    expect(feeds.healCount).toBe(1)
  })

  test('readers at the same position share one read', async () => {
    feed.refresh()
    await settled()
    commit()
    const found = feeds.find(conversation)!
    const before = log.pages
    await Promise.all([feeds.read(found, 1, 10, 1_000), feeds.read(found, 1, 10, 1_000)])
    expect(log.pages - before).toBe(1)
  })

  test('a device is told of entries that retention deleted, and gets the rest', async () => {
    feed.refresh()
    await settled()
    for (let n = 0; n < 4; n++) commit()
    log.goneUpTo = 3
    say()
    await settled()
    expect(frames.slice(1)).toEqual([{ t: 'gap', conversation, from: 2, to: 3, reason: 'retention' }])
    expect(delivered).toEqual([1, 4, 5, 6])
  })

  test('a rewind during a read delivers all entries from there, and no gap', async () => {
    for (let n = 0; n < 4; n++) commit()
    feed.refresh()
    await settled()
    const answer = held(() => feed.rewind(conversation, 3))
    feed.rewind(conversation, 1)
    answer()
    await settled()
    expect(delivered).toEqual([1, 2, 3, 4, 5, 2, 3, 4, 5])
    expect(frames).toEqual([{ t: 'synced' }])
  })

  test('a gap that could not be read is read after the next sweep', async () => {
    feed.refresh()
    await settled()
    commit()
    log.isDown = true
    say()
    await settled()
    log.isDown = false
    feeds.retry()
    await settled()
    expect(delivered).toEqual([1, 2, 3])
  })

  test('a backlog that could not be read is read after the next tick', async () => {
    log.isDown = true
    commit()
    feed.refresh()
    await settled()
    log.isDown = false
    feed.tick()
    await settled()
    expect(delivered).toEqual([1, 2])
    expect(frames).toEqual([{ t: 'synced' }])
  })
})

describe('deliveries run no further ahead than the device reads', () => {
  test('a full connection gets the next entry once it drains', async () => {
    feed.refresh()
    await settled()
    isFull = true
    say()
    say()
    await settled()
    expect(delivered).toEqual([1])
    isFull = false
    drained()
    await settled()
    expect(delivered).toEqual([1, 2, 3])
  })

  test('a device that acks nothing for too long is closed as slow', async () => {
    feed.refresh()
    await settled()
    for (let n = 0; n < 255; n++) say()
    clock.advance(slowAfterMs)
    feed.tick()
    expect(closed).toBeUndefined()
    clock.advance(1)
    feed.tick()
    expect(closed).toBe('slow')
    closed = undefined
    feed.ack(conversation, 256)
    feed.tick()
    expect(closed).toBeUndefined()
  })
})

test('a membership change during a read is read after it', async () => {
  commit('remove')
  feed.refresh()
  await settled()
  const answer = held(() => feed.refresh())
  commit('add')
  feed.refresh()
  answer()
  await settled()
  expect(delivered).toEqual([1, 2, 3])
})

test('a removed device gets no later entry, even if an older read still shows its leaf', async () => {
  feed.refresh()
  await settled()
  const answer = held(() => feed.refresh()) // this read shows the leaf in the group
  say('remove')
  say()
  answer()
  await settled()
  say()
  await settled()
  expect(delivered).toEqual([1, 2])
})

/**
 * Runs random actions in random order. Entries are announced or lost, repeated or late. The device
 * is removed, added, or rejoins. Reads are answered late, with the state at the time of the read.
 * In the end the device must have each entry that it may receive, once and in order, and no other.
 */
test('a device gets each visible entry once, in order, under any interleaving', async () => {
  const step = fc.constantFrom<Step>('message', 'message', 'message', 'remove', 'add', 'rejoin')
  const action = fc.oneof(
    fc.record({ do: fc.constant('say' as const), step }),
    fc.record({ do: fc.constant('lose' as const), step }),
    fc.record({ do: fc.constantFrom('ack', 'sweep', 'refresh', 'answer', 'answer', 'repeat') }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), fc.scheduler(), async (actions, scheduler) => {
      start()
      log.wait = (value) => scheduler.schedule(Promise.resolve(value))
      const sweep = () => {
        feeds.reaches(key, log.entries.length)
        feed.refresh()
        feeds.retry()
      }
      feed.refresh()
      for (const { do: what, ...of } of actions) {
        if (what === 'answer' && scheduler.count() > 0) await scheduler.waitOne()
        if (what === 'sweep') sweep()
        if (what === 'refresh') feed.refresh()
        if (what === 'ack') feed.ack(conversation, delivered.at(-1) ?? 0)
        if (what === 'repeat') for (const entry of log.entries.slice(-3)) feeds.accept(entry, 'bus')
        if ('step' in of) {
          const entry = log.commit(of.step)
          if (entry && what === 'say') feeds.accept(entry, 'bus')
        }
      }
      for (let round = 0; round < 3; round++) {
        sweep()
        await settleAll(scheduler)
        feed.tick()
        feed.ack(conversation, delivered.at(-1) ?? 0)
      }
      expect(delivered).toEqual(log.visible())
      feed.close()
    }),
    { numRuns: 300 },
  )
}, 60_000)

async function settleAll(scheduler: fc.Scheduler): Promise<void> {
  for (let idle = 0; idle < 5; ) {
    await new Promise((resolve) => setImmediate(resolve))
    if (scheduler.count() === 0) idle++
    else {
      idle = 0
      await scheduler.waitAll()
    }
  }
}
