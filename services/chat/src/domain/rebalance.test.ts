import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PodView, Rebalance, type RebalanceLimits, rebalanceEveryMs } from './rebalance.ts'

const limits: RebalanceLimits = { percentPerMinute: 100, above: 1.3, minConnections: 10, targetAgeMs: 30_000 }

const view = (pod: string, used: number, changes: Partial<PodView> = {}): PodView => ({
  pod,
  url: `/ws/${pod}`,
  used,
  capacity: 1_000,
  isDraining: false,
  isFresh: true,
  isCalm: true,
  revision: '1',
  upMs: 60_000,
  ...changes,
})

/** Returns the offers of pod `a` over some checks of an unchanging view. */
function offered(pods: readonly PodView[] | undefined, changes: Partial<RebalanceLimits> = {}) {
  const rebalance = new Rebalance('a', { ...limits, ...changes })
  const offers = Array.from({ length: 12 }, () => rebalance.next(pods)).flat()
  return { offers, isShedding: rebalance.isShedding }
}
const nothing = { offers: [], isShedding: false }

describe('a pod far fuller than the mean', () => {
  test('sends some clients to pods with room, most room first', () => {
    const { offers, isShedding } = offered([view('a', 100), view('b', 20), view('c', 40)])
    expect(isShedding).toBe(true)
    expect(offers.length).toBeGreaterThan(0)
    expect(offers[0]).toEqual([
      { pod: 'b', url: '/ws/b' },
      { pod: 'c', url: '/ws/c' },
    ])
  })

  test('is judged by the capacity of each pod', () => {
    const small = view('b', 100, { capacity: 100 })
    expect(offered([view('a', 700), small]).isShedding).toBe(false)
    expect(offered([view('a', 900), view('b', 10, { capacity: 100 })]).isShedding).toBe(false)
    expect(offered([view('a', 90, { capacity: 100 }), view('b', 100)]).isShedding).toBe(true)
  })

  test('goes on until a third of the excess over the mean is gone', () => {
    const rebalance = new Rebalance('a', limits)
    const at = (used: number) => {
      rebalance.next([view('a', used), view('b', 200 - used)])
      return rebalance.isShedding
    }
    expect([130, 131, 125, 121, 120, 125, 130, 131].map(at)).toEqual([
      false,
      true,
      true,
      true,
      false,
      false,
      false,
      true,
    ])
  })
})

test('a time without room is not made up for later', () => {
  const rebalance = new Rebalance('a', limits)
  const full = view('a', 600)
  // Pod c has room for one client below the mean.
  const almost = [full, view('b', 10, { upMs: 0 }), view('c', 303)]
  for (let check = 0; check < 20; check++) expect(rebalance.next(almost)).toHaveLength(1)
  // 5 s at 600 clients a minute, and one that was due before.
  expect(rebalance.next([full, view('b', 0)]).length).toBeLessThanOrEqual(51)
})

describe('no client is sent away', () => {
  const full = view('a', 100)
  const empty = view('b', 10)
  test.each<[string, readonly PodView[] | undefined, Partial<RebalanceLimits>?]>([
    ['when rebalancing is switched off', [full, empty], { percentPerMinute: 0 }],
    ['from a pod with few clients', [view('a', 9), view('b', 0)]],
    ['when the pods are not known', undefined],
    ['from the only pod', [full]],
    ['from a pod that Redis does not know', [view('c', 100), empty]],
    ['from a draining pod', [{ ...full, isDraining: true }, empty]],
    ['from a pod whose own record is old', [{ ...full, isFresh: false }, empty]],
    ['to a draining pod', [full, { ...empty, isDraining: true }]],
    ['to a pod that has not reported', [full, { ...empty, isFresh: false }]],
    ['to a lagging pod', [full, { ...empty, isCalm: false }]],
    ['to a new pod', [full, { ...empty, upMs: 29_999 }]],
    ['while two revisions run', [full, { ...empty, revision: '2' }]],
  ])('%s', (_, pods, changes) => {
    expect(offered([full, empty]).isShedding).toBe(true)
    expect(offered(pods, changes)).toEqual(nothing)
  })
})

const installation = fc
  .array(fc.record({ used: fc.integer({ min: 0, max: 1_000 }), capacity: fc.integer({ min: 50, max: 2_000 }) }), {
    minLength: 2,
    maxLength: 8,
  })
  .map((pods) => pods.map(({ used, capacity }, at) => view(`p${at}`, Math.min(used, capacity), { capacity })))
const loadsOf = (pods: readonly PodView[]) => {
  const total = (of: (pod: PodView) => number) => pods.reduce((sum, pod) => sum + of(pod), 0)
  const mean = total(({ used }) => used) / total(({ capacity }) => capacity)
  return { mean, loads: pods.map(({ used, capacity }) => used / capacity) }
}

test('balanced pods keep all clients, and each pod sends at most its share of a minute', () => {
  fc.assert(
    fc.property(installation, fc.double({ min: 0.1, max: 100, noNaN: true }), (pods, percentPerMinute) => {
      const { mean, loads } = loadsOf(pods)
      for (const [at, own] of pods.entries()) {
        const rebalance = new Rebalance(own.pod, { ...limits, percentPerMinute })
        let sent = 0
        for (let ms = 0; ms < 60_000; ms += rebalanceEveryMs) sent += rebalance.next(pods).length
        if (loads[at]! <= 1.3 * mean) expect(sent).toBe(0)
        expect(sent).toBeLessThanOrEqual((own.used * percentPerMinute) / 100 + 1e-6)
      }
    }),
  )
})

test('rebalancing ends, and no pod is filled above the mean', () => {
  fc.assert(
    fc.property(installation, fc.constantFrom(10, 100, 1_200), (start, percentPerMinute) => {
      let pods = start
      const all = pods.map(({ pod }) => new Rebalance(pod, { ...limits, percentPerMinute }))
      const { mean } = loadsOf(pods)
      const roomOf = ({ used, capacity }: PodView) => mean * capacity - used
      for (let round = 0; round < 2_000; round++) {
        const used = new Map(pods.map((pod) => [pod.pod, pod.used]))
        const sent = all.map((one) => one.next(pods))
        for (const [at, offers] of sent.entries()) {
          for (const [first] of offers) {
            const from = pods[at]!.pod
            const to = first!.pod
            used.set(from, used.get(from)! - 1)
            used.set(to, used.get(to)! + 1)
          }
        }
        const takers = new Set(sent.flat().map(([first]) => first!.pod))
        pods = pods.map((pod) => ({ ...pod, used: used.get(pod.pod)! }))
        for (const pod of pods) if (takers.has(pod.pod)) expect(roomOf(pod)).toBeGreaterThanOrEqual(-1e-6)
        if (!all.some(({ isShedding }) => isShedding)) break
      }
      expect(all.some(({ isShedding }) => isShedding)).toBe(false)
      const { loads } = loadsOf(pods)
      // No client can be sent where each sender's share of the room is less than one client.
      const sharers = loads.filter((load) => load > 1.2 * mean).length
      const isStuck = pods.every((pod) => roomOf(pod) < sharers)
      if (isStuck) return
      for (const [at, { used }] of pods.entries()) {
        if (used >= limits.minConnections) expect(loads[at]).toBeLessThanOrEqual(1.3 * mean)
      }
    }),
  )
})
