import type { DeviceId, UserId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import type { DeviceKey, Sweep, UserKey } from '../domain/ports.ts'
import { ConversationFeeds } from './conversation-feeds.ts'
import { Devices } from './devices.ts'
import { SweepLoop } from './sweep-loop.ts'

test('after longer without a sweep than the feed is sure to be kept, every device looks for itself', async () => {
  const devices = new Devices()
  let refreshes = 0
  const session = { userId: 'u' as UserId, user: 1 as UserKey, deviceId: 'd' as DeviceId, device: 1 as DeviceKey }
  devices.enter({ session, order: 1, refresh: () => void refreshes++, replaced: () => undefined })
  let nowMs = 0
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
    nowMs: () => nowMs,
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
  nowMs += 29 * 60_000
  await sweep()
  expect(refreshes).toBe(0)
  nowMs += 31 * 60_000
  await sweep()
  expect(refreshes).toBe(1)
  await sweep()
  expect(refreshes).toBe(1)
  loop.close()
})
