import { ManualClock } from '@fastchat/clock/testing'
import type { DeviceId, UserId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import type { DeviceKey, Sweep, UserKey } from '../domain/ports.ts'
import { ConversationFeeds } from './conversation-feeds.ts'
import { Devices } from './devices.ts'
import { SweepLoop } from './sweep-loop.ts'

test('after a pause in which feed rows may have been deleted, each device reads its memberships again', async () => {
  const devices = new Devices()
  let refreshes = 0
  const session = { userId: 'u' as UserId, user: 1 as UserKey, deviceId: 'd' as DeviceId, device: 1 as DeviceKey }
  devices.enter({
    session,
    order: 1,
    refresh: () => void refreshes++,
    tell: () => undefined,
    replaced: () => undefined,
  })
  const clock = new ManualClock()
  let sweeps = 0
  const swept: Sweep = { mark: '1', heads: [], users: [] }
  const loop = new SweepLoop({
    log: {
      dbEpoch: async () => 'epoch',
      sweep: async () => swept,
    },
    feeds: new ConversationFeeds({
      log: { page: async () => [] },
      bus: { subscribe: async () => undefined, unsubscribe: () => undefined },
      onDelta: () => undefined,
      onHealError: () => undefined,
    }),
    devices,
    isBusHealthy: () => true,
    random: () => 0.5,
    monotonicMs: clock.monotonicMs,
    onSwept: () => void sweeps++,
    onError: () => undefined,
    onRestored: () => undefined,
  })
  const sweep = async () => {
    const before = sweeps
    loop.soon()
    await eventually(() => expect(sweeps).toBeGreaterThan(before))
  }
  await sweep()
  clock.advance(29 * 60_000)
  await sweep()
  expect(refreshes).toBe(0)
  clock.advance(31 * 60_000)
  await sweep()
  expect(refreshes).toBe(1)
  await sweep()
  expect(refreshes).toBe(1)
  loop.close()
})
