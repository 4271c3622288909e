import type { MonotonicMs } from '@fastchat/clock'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { burst, flushIntervalMs } from '../domain/flush-policy.ts'
import { fullBytes, fullFrames, WriteBatch, type WriteTarget } from './write-batch.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Records each write with its time. */
class Recorder implements WriteTarget {
  waitsFor: WriteTarget['waitsFor'] = 'nothing'
  frames: WriteTarget['frames'] = undefined
  frameBytes = 0
  busyUntil = 0 as MonotonicMs
  parts: readonly Buffer[] = []
  readonly writes: { readonly atMs: number; readonly text: string }[] = []

  writeOut(parts: readonly Buffer[]): void {
    this.parts = parts
    this.writes.push({ atMs: performance.now(), text: Buffer.concat(parts).toString() })
  }

  put(batch: WriteBatch, text: string): void {
    batch.put(this, Buffer.from(text))
  }
}

const newBatch = () => new WriteBatch(() => performance.now() as MonotonicMs)
const endOfTurn = () => vi.advanceTimersByTime(0)

test('frames of one turn of the event loop leave at its end, in one write', () => {
  const [batch, one, other] = [newBatch(), new Recorder(), new Recorder()]
  one.put(batch, 'a')
  other.put(batch, 'x')
  one.put(batch, 'b')
  expect(one.writes).toEqual([])
  endOfTurn()
  expect(one.writes.map(({ text }) => text)).toEqual(['ab'])
  expect(other.writes.map(({ text }) => text)).toEqual(['x'])
})

test('a socket with rare writes waits only for the end of the turn', () => {
  const [batch, one] = [newBatch(), new Recorder()]
  for (let n = 0; n < 50; n++) {
    const atMs = performance.now()
    one.put(batch, 'a')
    endOfTurn()
    expect(one.writes.at(-1)?.atMs).toBe(atMs)
    vi.advanceTimersByTime(flushIntervalMs)
  }
  expect(one.writes).toHaveLength(50)
})

test('a socket with constant writes gets one write an interval, and no frame waits longer', () => {
  const [batch, one] = [newBatch(), new Recorder()]
  const everyMs = flushIntervalMs / 5
  for (let n = 0; n < 500; n++) {
    one.put(batch, 'a')
    endOfTurn()
    vi.advanceTimersByTime(everyMs)
  }
  vi.advanceTimersByTime(flushIntervalMs)
  expect(one.writes.map(({ text }) => text).join('')).toBe('a'.repeat(500))
  expect(one.writes.length).toBeLessThanOrEqual((500 * everyMs) / flushIntervalMs + burst + 1)
  expect(Math.max(...one.writes.map(({ text }) => text.length))).toBeLessThanOrEqual(flushIntervalMs / everyMs + 1)
})

test('a large write does not wait for the interval', () => {
  const [batch, one] = [newBatch(), new Recorder()]
  for (let n = 0; n < burst; n++) {
    one.put(batch, 'a')
    endOfTurn()
  }
  const before = one.writes.length
  const atMs = performance.now()
  for (let n = 0; n < fullFrames - 1; n++) one.put(batch, 'b')
  endOfTurn()
  expect(one.writes).toHaveLength(before)
  one.put(batch, 'b')
  endOfTurn()
  expect(one.writes.at(-1)).toEqual({ atMs, text: 'b'.repeat(fullFrames) })
})

test('a flush or many bytes write all frames at once, and none twice', () => {
  const [batch, one] = [newBatch(), new Recorder()]
  one.put(batch, 'a')
  batch.flush(one)
  expect(one.writes.map(({ text }) => text)).toEqual(['a'])
  one.put(batch, 'b')
  one.put(batch, 'c'.repeat(fullBytes))
  expect(one.writes.map(({ text }) => text.length)).toEqual([1, 1 + fullBytes])
  endOfTurn()
  batch.flush(one)
  expect(one.writes).toHaveLength(2)
  one.put(batch, 'd')
  endOfTurn()
  expect(one.writes.at(-1)?.text).toBe('d')
})

test('frames for several sockets are joined once, and each socket gets only its own', () => {
  const batch = newBatch()
  const [frames, all] = [['a', 'b'].map((text) => Buffer.from(text)), Array.from({ length: 4 }, () => new Recorder())]
  const [first, second, third, other] = all as [Recorder, Recorder, Recorder, Recorder]
  for (const one of [first, second, third]) for (const frame of frames) batch.put(one, frame)
  for (const frame of [frames[0]!, Buffer.from('c')]) batch.put(other, frame)
  endOfTurn()
  expect(all.map(({ writes }) => writes.map(({ text }) => text))).toEqual([['ab'], ['ab'], ['ab'], ['ac']])
  expect(second.parts).toHaveLength(1)
  expect(third.parts).toBe(second.parts)
})

test('each frame leaves once, in order, within an interval, at any times of writing', () => {
  const steps = fc.array(
    fc.record({ afterMs: fc.integer({ min: 0, max: 30 }), frames: fc.integer({ min: 1, max: 12 }) }),
  )
  fc.assert(
    fc.property(steps, (all) => {
      const [batch, one] = [newBatch(), new Recorder()]
      const putAtMs: number[] = []
      for (const { afterMs, frames } of all) {
        vi.advanceTimersByTime(afterMs)
        for (let n = 0; n < frames; n++) one.put(batch, String.fromCharCode(putAtMs.push(performance.now()) - 1))
      }
      vi.advanceTimersByTime(flushIntervalMs)
      const left = one.writes.flatMap(({ atMs, text }) => [...text].map((char) => ({ atMs, n: char.charCodeAt(0) })))
      expect(left.map(({ n }) => n)).toEqual(putAtMs.map((_, n) => n))
      for (const { atMs, n } of left) expect(atMs - (putAtMs[n] ?? 0)).toBeLessThanOrEqual(flushIntervalMs)
    }),
  )
})
