import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { beatMs, burst, fullBeat, fullBytes, WriteBatch, type Written } from './write-batch.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Keeps each write to the system with the time at which it was made. */
class Recorder implements Written {
  waitsFor: Written['waitsFor'] = 'nothing'
  frames: Written['frames'] = undefined
  frameBytes = 0
  busyUntilMs = 0
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

const newBatch = () => new WriteBatch(() => performance.now())
const endOfTurn = () => vi.advanceTimersByTime(0)

test('what is written in one turn of the event loop leaves at its end, in one write', () => {
  const [batch, one, other] = [newBatch(), new Recorder(), new Recorder()]
  one.put(batch, 'a')
  other.put(batch, 'x')
  one.put(batch, 'b')
  expect(one.writes).toEqual([])
  endOfTurn()
  expect(one.writes.map(({ text }) => text)).toEqual(['ab'])
  expect(other.writes.map(({ text }) => text)).toEqual(['x'])
})

test('who is written to now and then never waits for more than the turn', () => {
  const [batch, one] = [newBatch(), new Recorder()]
  for (let n = 0; n < 50; n++) {
    const atMs = performance.now()
    one.put(batch, 'a')
    endOfTurn()
    expect(one.writes.at(-1)?.atMs).toBe(atMs)
    vi.advanceTimersByTime(beatMs)
  }
  expect(one.writes).toHaveLength(50)
})

test('who is written to all the time gets one write a beat, and nothing waits longer than that', () => {
  const [batch, one] = [newBatch(), new Recorder()]
  const everyMs = beatMs / 5
  for (let n = 0; n < 500; n++) {
    one.put(batch, 'a')
    endOfTurn()
    vi.advanceTimersByTime(everyMs)
  }
  vi.advanceTimersByTime(beatMs)
  expect(one.writes.map(({ text }) => text).join('')).toBe('a'.repeat(500))
  expect(one.writes.length).toBeLessThanOrEqual((500 * everyMs) / beatMs + burst + 1)
  expect(Math.max(...one.writes.map(({ text }) => text.length))).toBeLessThanOrEqual(beatMs / everyMs + 1)
})

test('a write that is large enough does not wait for the beat', () => {
  const [batch, one] = [newBatch(), new Recorder()]
  for (let n = 0; n < burst; n++) {
    one.put(batch, 'a')
    endOfTurn()
  }
  const before = one.writes.length
  const atMs = performance.now()
  for (let n = 0; n < fullBeat - 1; n++) one.put(batch, 'b')
  endOfTurn()
  expect(one.writes).toHaveLength(before)
  one.put(batch, 'b')
  endOfTurn()
  expect(one.writes.at(-1)).toEqual({ atMs, text: 'b'.repeat(fullBeat) })
})

test('a close or a large amount lets all leave at once, and nothing leaves twice', () => {
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

test('what many get at the same time is joined once, and nobody gets what another got', () => {
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

test('whatever the times, all of it leaves once, in order, within a beat', () => {
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
      vi.advanceTimersByTime(beatMs)
      const left = one.writes.flatMap(({ atMs, text }) => [...text].map((char) => ({ atMs, n: char.charCodeAt(0) })))
      expect(left.map(({ n }) => n)).toEqual(putAtMs.map((_, n) => n))
      for (const { atMs, n } of left) expect(atMs - (putAtMs[n] ?? 0)).toBeLessThanOrEqual(beatMs)
    }),
  )
})
