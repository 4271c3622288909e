import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { createWorkGate } from './work-gate.ts'

/** Starts work that ends on command, on a clock that the test sets. */
function workshop(options: { slots: number; maxWaitMs: number }) {
  const clock = new ManualClock()
  const gate = createWorkGate({ ...options, monotonicMs: clock.monotonicMs })
  const running: (() => void)[] = []
  let most = 0
  const start = (lane = 'somewhere') =>
    gate.run(lane, async () => {
      await new Promise<void>((resolve) => {
        running.push(resolve)
        most = Math.max(most, running.length)
      })
      return 'done'
    })
  /** Resolves when all work that can begin has begun. */
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const finish = async (afterMs: number) => {
    await settle()
    clock.advance(afterMs)
    running.shift()?.()
    await settle()
  }
  return { start, settle, finish, running, most: () => most, counts: gate.counts }
}

test('never runs more work at a time than it has slots, and runs all of it', async () => {
  const { start, settle, finish, running, most } = workshop({ slots: 2, maxWaitMs: 10_000 })
  const all = Array.from({ length: 7 }, () => start())
  await settle()
  expect(running).toHaveLength(2)
  while (running.length > 0) await finish(100)
  expect(await Promise.all(all)).toEqual(Array(7).fill('done'))
  expect(most()).toBe(2)
})

test('queues as much work as can begin in time, and rejects the rest at once with a delay', async () => {
  const { start, finish, running, counts } = workshop({ slots: 2, maxWaitMs: 200 })
  const accepted = Array.from({ length: 2 + 4 }, () => start()) // 100 ms each until measured: four begin within 200 ms
  await expect(start()).rejects.toMatchObject({ code: 'busy', retryMs: 250 })
  expect(counts()).toEqual({ running: 2, waiting: 4, refused: 1, done: 0 })
  await finish(100)
  accepted.push(start())
  while (running.length > 0) await finish(100)
  expect(await Promise.all(accepted)).toHaveLength(7)
})

test('slower work makes a shorter queue', async () => {
  const { start, finish, running } = workshop({ slots: 1, maxWaitMs: 2_000 })
  for (let n = 0; n < 20; n++) {
    const done = start()
    await finish(1_000)
    await done
  }
  const accepted = [start(), start(), start()]
  // Each takes nearly 1000 ms by now, so a third one would wait 3 s.
  await expect(start()).rejects.toMatchObject({ code: 'busy' })
  while (running.length > 0) await finish(1_000)
  await Promise.all(accepted)
})

test('failed work frees its slot', async () => {
  const gate = createWorkGate({ slots: 1, maxWaitMs: 1_000, monotonicMs: new ManualClock().monotonicMs })
  await expect(gate.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await gate.run('a', async () => 'next')).toBe('next')
})

test('a flood in one lane delays itself, and other lanes take the places of its last ones', async () => {
  const { start, settle, finish, running } = workshop({ slots: 1, maxWaitMs: 300 })
  const order: string[] = []
  const enter = (lane: string) =>
    start(lane).then(
      () => order.push(lane),
      (error: { code: string }) => order.push(`${lane} ${error.code}`),
    )
  const flood = Array.from({ length: 5 }, () => enter('flood')) // one runs, three wait, one is rejected
  await settle()
  expect(order).toEqual(['flood busy'])
  const [other, third] = [enter('other'), enter('third')] // each takes the place of one of the flood
  await settle()
  expect(order).toEqual(['flood busy', 'flood busy', 'flood busy'])
  const late = enter('fourth') // every lane is as short as its own would be
  await late
  expect(order.at(-1)).toBe('fourth busy')
  while (running.length > 0) await finish(100)
  await Promise.all([...flood, other, third])
  expect(order.slice(4)).toEqual(['flood', 'flood', 'other', 'third'])
})
