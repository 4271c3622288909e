import type { Candidate, ServerFrame } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { ClientSocket } from '../socket/client-socket.ts'
import { drain } from './drain.ts'

/** A socket, as far as the drain uses it. */
class Leaver {
  readonly frames: ServerFrame[] = []
  readonly isOpen = true
  readonly connection = {
    send: (frame: ServerFrame) => void this.frames.push(frame),
    close: () => void this.order.push('close'),
    cut: () => void this.order.push('cut'),
  }
  readonly order: string[]

  constructor(order: string[]) {
    this.order = order
  }
}

const others: readonly Candidate[] = ['a', 'b', 'c'].map((pod) => ({ pod, url: `/ws/${pod}` }))

async function drained(count: number, drainMs: number) {
  const asked: number[] = []
  const order: string[] = []
  const leavers = Array.from({ length: count }, () => new Leaver(order))
  await drain({
    // The cast holds, since a Leaver has all that the drain uses.
    sockets: new Set(leavers) as unknown as ReadonlySet<ClientSocket>,
    drainMs,
    candidates: async () => others,
    settled: async () => void order.push('settled'),
    allClosed: Promise.resolve(),
    random: Math.random,
    onAsked: (afterMs) => void asked.push(afterMs),
  })
  return { order, asked, frames: leavers.flatMap(({ frames }) => frames) }
}

test('each client is told once, with other pods, and closed after its sends are answered', async () => {
  const { order, frames } = await drained(3, 1_000)
  expect(frames).toHaveLength(3)
  for (const frame of frames) {
    expect(frame).toMatchObject({ t: 'reconnect', afterMs: expect.any(Number) })
    if (frame.t === 'reconnect') expect(new Set(frame.candidates.map(({ pod }) => pod)).size).toBe(2)
  }
  expect(order.slice(0, 4)).toEqual(['settled', 'close', 'close', 'close'])
})

test('many clients leave in batches over the drain time, and come back over seconds', async () => {
  const { order, asked, frames } = await drained(1_000, 500)
  const batches = order.filter((event) => event === 'settled').length
  expect(batches).toBe(10)
  const pauses = frames.map((frame) => (frame.t === 'reconnect' ? frame.afterMs : -1))
  expect(pauses).toHaveLength(1_000)
  expect(Math.max(...pauses)).toBeLessThan(5_000)
  expect(Math.max(...pauses)).toBeGreaterThan(2_000)
  expect(asked).toEqual(pauses)
})
