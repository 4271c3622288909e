import { ManualClock } from '@fastchat/clock/testing'
import type { LivePod, Pick } from '@fastchat/cluster'
import { candidateOf, type DeviceId } from '@fastchat/schema'
import { beforeEach, describe, expect, test } from 'vitest'
import { createPlacement, type Pods } from '../src/domain/placement.ts'
import { pickFromSnapshot } from '../src/domain/snapshot.ts'

const device = '01990000-0000-7000-8000-000000000001' as DeviceId
const silent = { info: () => undefined, warn: () => undefined }
const livePod = (pod: string, used = 0, capacity = 100): LivePod => ({ pod, used, capacity })

/** A registry that the test can take away. It counts the picks. */
class Registry implements Pods {
  pods: readonly LivePod[] = []
  isAway: boolean = false
  picks = 0
  async pick(): Promise<Pick> {
    this.picks++
    if (this.isAway) throw new Error('away')
    return { candidates: this.pods.slice(0, 2).map(({ pod }) => candidateOf(pod)), expiresAt: 1_000_010_000 }
  }
  async read(): Promise<readonly LivePod[]> {
    if (this.isAway) throw new Error('away')
    return this.pods
  }
}

let registry: Registry
let clock: ManualClock

beforeEach(() => {
  registry = new Registry()
  clock = new ManualClock(1_000_000_000)
})

const open = () =>
  createPlacement({
    pods: registry,
    log: silent,
    clock,
    random: Math.random,
  })

describe('placement', () => {
  test('uses the live records while the registry answers', async () => {
    registry.pods = [livePod('a')]
    expect(await open().place(device)).toEqual({
      source: 'live',
      candidates: [{ pod: 'a', url: '/ws/a' }],
      expiresAt: 1_000_010_000,
    })
  })

  test('uses the last snapshot for 30 s while the registry is away, and does not ask it meanwhile', async () => {
    registry.pods = [livePod('a')]
    const placement = open()
    await placement.refresh()
    registry.isAway = true
    const candidates = [{ pod: 'a', url: '/ws/a' }]
    expect(await placement.place(device)).toEqual({ source: 'snapshot', candidates, expiresAt: 1_000_010_000 })
    clock.advance(30_000)
    await placement.refresh()
    expect(await placement.place(device)).toMatchObject({ source: 'snapshot', candidates })
    expect(registry.picks).toBe(1)
    expect(placement.isInformed()).toBe(true)
    clock.advance(1)
    expect(await placement.place(device)).toBeUndefined()
    expect(placement.isInformed()).toBe(false)
    registry.isAway = false
    await placement.refresh()
    expect(await placement.place(device)).toMatchObject({ source: 'live' })
  })

  test('offers no pod when the registry knows none', async () => {
    registry.pods = [livePod('a')]
    const placement = open()
    await placement.refresh()
    registry.pods = []
    expect(await placement.place(device)).toBeUndefined()
    await placement.refresh()
    expect(placement.knownPods()).toBe(0)
    expect(placement.isInformed()).toBe(true)
  })

  test('ignores an empty registry for 3 s after its return', async () => {
    registry.pods = [livePod('a')]
    const placement = open()
    await placement.refresh()
    registry.isAway = true
    await placement.refresh()
    registry.isAway = false
    registry.pods = []
    clock.advance(2_999)
    await placement.refresh()
    expect(await placement.place(device)).toMatchObject({ source: 'snapshot' })
    clock.advance(1)
    await placement.refresh()
    expect(await placement.place(device)).toBeUndefined()
  })

  test('offers no pod before it knows any', async () => {
    registry.isAway = true
    const placement = open()
    expect(placement.isInformed()).toBe(false)
    expect(await placement.place(device)).toBeUndefined()
  })
})

describe('picking from a snapshot', () => {
  const snapshot = (...pods: LivePod[]) => ({ takenAt: clock.monotonicMs(), pods, sent: new Map<string, number>() })

  test('spreads devices by counting those it has sent', () => {
    const taken = snapshot(livePod('a', 0, 1_000), livePod('b', 0, 1_000), livePod('c', 0, 1_000))
    for (let round = 0; round < 500; round++) pickFromSnapshot(taken, Math.random)
    const counts = ['a', 'b', 'c'].map((pod) => taken.sent.get(pod) ?? 0)
    expect(counts.reduce((sum, count) => sum + count)).toBe(500)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(50 / 3)
  })

  test('offers two different pods, the emptier first, and never a full one', () => {
    const taken = snapshot(livePod('full', 10, 10), livePod('half', 50), livePod('empty', 0))
    for (const random of [0, 0.3, 0.6, 0.99]) {
      expect(pickFromSnapshot({ ...taken, sent: new Map() }, () => random).map(({ pod }) => pod)).toEqual([
        'empty',
        'half',
      ])
    }
  })

  test('offers no pod when all places are taken', () => {
    const taken = snapshot(livePod('a', 8, 10))
    expect([1, 2, 3].map(() => pickFromSnapshot(taken, Math.random).length)).toEqual([1, 1, 0])
  })
})
