import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import {
  maxBatchBytes,
  maxBatchRows,
  maxQueuedBytes,
  maxQueuedSends,
  minBatchIntervalMs,
  SendQueue,
} from './send-queue.ts'

const item = (bytes = 1) => ({ send: { envelope: Buffer.alloc(bytes) } })
const at = new ManualClock().monotonicMs()

function queueOf(count: number, bytes = 1) {
  const queue = new SendQueue<ReturnType<typeof item>>()
  for (let n = 0; n < count; n++) queue.push(item(bytes))
  return queue
}

test('a batch has at most so many rows, oldest first', () => {
  const queue = queueOf(0)
  const all = Array.from({ length: maxBatchRows + 1 }, () => item())
  for (const one of all) queue.push(one)
  expect(queue.takeBatch(at)).toEqual(all.slice(0, maxBatchRows))
  expect(queue.takeBatch(at)).toEqual(all.slice(maxBatchRows))
  expect(queue.length).toBe(0)
})

test('a batch has at most so many bytes, but a large send goes alone', () => {
  const queue = queueOf(3, maxBatchBytes / 2)
  expect([queue.takeBatch(at).length, queue.takeBatch(at).length]).toEqual([2, 1])
  queue.push(item(maxBatchBytes + 1))
  queue.push(item())
  expect([queue.takeBatch(at).length, queue.takeBatch(at).length]).toEqual([1, 1])
})

test('a batch waits for the minimum interval unless it is the first or full', () => {
  const clock = new ManualClock()
  const queue = queueOf(2)
  expect(queue.waitMs(clock.monotonicMs())).toBe(0)
  queue.takeBatch(clock.monotonicMs())
  queue.push(item())
  clock.advance(2)
  expect(queue.waitMs(clock.monotonicMs())).toBe(minBatchIntervalMs - 2)
  clock.advance(minBatchIntervalMs)
  expect(queue.waitMs(clock.monotonicMs())).toBe(0)
  queue.takeBatch(clock.monotonicMs())
  for (let n = 0; n < maxBatchRows; n++) queue.push(item())
  expect(queue.waitMs(clock.monotonicMs())).toBe(0)
})

test('the queue is full by count or by bytes, and has room again once emptied', () => {
  const byCount = queueOf(maxQueuedSends)
  expect(byCount.isFullFor(item().send)).toBe(true)
  expect(byCount.takeAll()).toHaveLength(maxQueuedSends)
  expect(byCount.isFullFor(item().send)).toBe(false)
  const byBytes = queueOf(1, maxQueuedBytes)
  expect(byBytes.isFullFor(item().send)).toBe(true)
  byBytes.takeBatch(at)
  expect(byBytes.isFullFor(item().send)).toBe(false)
})
