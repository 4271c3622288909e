import { systemClock } from '@fastchat/clock'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { createLogger } from '@fastchat/service'
import { eventually, OtlpCollector } from '@fastchat/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { messageId } from '../../tests/store/seed.ts'
import { type OpenTraces, otlpTraces } from './otlp-traces.ts'

const conversation = '00000000-0000-4000-8000-000000000001' as ConversationId

let collector: OtlpCollector
let lines: string[]
beforeEach(async () => {
  collector = await OtlpCollector.open()
  lines = []
})
afterEach(() => collector.close())

function open(ratio = 1): OpenTraces {
  const own = lines
  const destination = { write: (line: string) => void own.push(line) }
  const log = createLogger({ service: 'chat', level: 'info', destination })
  return otlpTraces(
    { url: `${collector.url}/v1/traces`, serviceName: 'chat', ratio },
    { pod: 'one', log, clock: systemClock },
  )
}

/** Traces one accepted send. Returns whether it was sampled. */
function accept(traces: OpenTraces, id: MessageId = messageId()): boolean {
  const traced = traces.accepting({ id, conversation })
  traced?.({ ok: true, seq: 1, at: 0, duplicate: false })
  return traced !== undefined
}

test('queued spans are sent at the close', async () => {
  const traces = open()
  for (let n = 0; n < 10; n++) accept(traces)
  await traces.close()
  expect(collector.spans.length).toBe(10)
})

test('the close does not wait until a request to a hanging collector times out', async () => {
  collector.isHanging = true
  const traces = open()
  accept(traces)
  await eventually(() => expect(collector.hanging).toBe(1))
  await traces.close()
  await fetch(collector.url, { method: 'HEAD' }) // by now the collector would have seen an aborted request
  expect(collector.hanging).toBe(1)
})

test('a limited number of spans waits for a slow collector', async () => {
  collector.isHanging = true
  const traces = open()
  accept(traces)
  await eventually(() => expect(collector.hanging).toBe(1))
  for (let n = 0; n < 10_000; n++) accept(traces)
  collector.isHanging = false
  await traces.close()
  await eventually(() => expect(collector.spans.length).toBe(2_048))
})

test('rejected spans are logged with their number, at most once a minute', async () => {
  collector.status = 400
  const traces = open()
  const isRefused = async (times: number) => {
    accept(traces)
    await eventually(() => expect(collector.requests).toBe(times))
  }
  for (const times of [1, 2, 3]) await isRefused(times)
  await traces.close()
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', msg: 'traces rejected by the collector', lostSpans: 1 },
  ])
})

test('all pods trace the same messages', async () => {
  const ids = Array.from({ length: 4_000 }, () => messageId())
  const [one, other] = [open(0.25), open(0.25)]
  const traced = ids.filter((id) => accept(one, id))
  expect(ids.filter((id) => accept(other, id))).toEqual(traced)
  // Six times the standard deviation around 1 000.
  expect(traced.length).toBeGreaterThan(835)
  expect(traced.length).toBeLessThan(1_165)
  await Promise.all([one.close(), other.close()])
})
