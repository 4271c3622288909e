import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { ReservedPlace } from '@fastchat/cluster'
import type { ServerFrame } from '@fastchat/schema'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type PodView, rebalanceEveryMs } from '../domain/rebalance.ts'
import type { ClientSocket } from '../socket/client-socket.ts'
import { createRebalancer, type Rebalancer } from './rebalancer.ts'

/** A socket, as far as the rebalancer uses it. */
class Guest {
  readonly isOpen = true
  readonly deviceId = randomUUID()
  readonly isQuiet: boolean
  readonly events: (ServerFrame | string)[] = []
  readonly connection = {
    send: (frame: ServerFrame) => void this.events.push(frame),
    close: (reason: string) => void this.events.push(reason),
  }

  constructor(isQuiet: boolean) {
    this.isQuiet = isQuiet
  }
}

const state = { isDraining: false, isFresh: true, isCalm: true, revision: '1', upMs: 60_000, capacity: 100 }
const view: readonly PodView[] = [
  { ...state, pod: 'a', url: '/ws/a', used: 48 },
  { ...state, pod: 'b', url: '/ws/b', used: 0 },
]

let rebalancer: Rebalancer
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval'] }))
afterEach(() => {
  rebalancer.close()
  vi.useRealTimers()
})

/** Runs the first check of a pod that should send four clients away. */
async function checked(
  guests: readonly Guest[],
  changes: { pods?: () => Promise<readonly PodView[]>; reserve?: () => Promise<void>; isLeaving?: () => boolean } = {},
) {
  const reserved: ReservedPlace[] = []
  rebalancer = createRebalancer({
    pod: 'a',
    limits: { percentPerMinute: 100, above: 1.3, minConnections: 1, targetAgeMs: 0 },
    // The cast holds, since a Guest has all that the rebalancer uses.
    sockets: new Set(guests) as unknown as ReadonlySet<ClientSocket>,
    pods: async () => view,
    reserve: async (places) => void reserved.push(...places),
    isLeaving: () => false,
    settled: async () => {},
    random: () => 0.5,
    onAsked: () => {},
    onShed: () => {},
    onError: () => {},
    ...changes,
  })
  await vi.advanceTimersByTimeAsync(rebalanceEveryMs)
  await setImmediate() // all started work is done then, since no step waits
  return { reserved, gone: guests.filter(({ events }) => events.length > 0) }
}

test('quiet clients leave first, to named pods with reserved places', async () => {
  const guests = [false, true, true, false, true, true, true].map((isQuiet) => new Guest(isQuiet))
  const { reserved, gone } = await checked(guests)
  expect(gone).toEqual([1, 2, 4, 5].map((at) => guests[at]))
  for (const { events } of gone) {
    expect(events).toEqual([{ t: 'reconnect', afterMs: 500, candidates: [{ pod: 'b', url: '/ws/b' }] }, 'moved'])
  }
  expect(reserved).toEqual(gone.map(({ deviceId }) => ({ pod: 'b', device: deviceId })))
  expect(rebalancer.isShedding()).toBe(true)
})

test('of busy clients the oldest leave', async () => {
  const guests = Array.from({ length: 6 }, () => new Guest(false))
  expect((await checked(guests)).gone).toEqual(guests.slice(0, 4))
})

const away = () => Promise.reject(new Error('redis is away'))
test.each([
  ['Redis is away', { pods: away }],
  ['no place can be reserved', { reserve: away }],
  ['the pod is draining', { isLeaving: () => true }],
])('no client leaves when %s', async (_, changes) => {
  const guests = Array.from({ length: 6 }, () => new Guest(true))
  expect((await checked(guests, changes)).gone).toEqual([])
})
