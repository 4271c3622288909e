import type { IgnoredReason } from '@fastchat/cluster'
import { createMetrics, type Metrics } from '@fastchat/service'
import { Counter, Histogram } from 'prom-client'

/**
 * Metrics of rare events, measured as they happen. Per-message counts are read by `exposeCounts`.
 */
export type ChatMetrics = {
  readonly registry: Metrics
  readonly closed: (code: string) => void
  readonly swept: (seconds: number) => void
  readonly misrouted: () => void
  /** Counts a record in Redis that no pod of this installation has written recently. */
  readonly recordIgnored: (reason: IgnoredReason) => void
  /** Records the delay after which a client was asked to come back. */
  readonly askedToGo: (afterMs: number) => void
  /** Counts clients that were asked to move to emptier pods. */
  readonly shed: (count: number) => void
  /** Starts to time a batch of the writer. Call the result when it is stored. */
  readonly appending: (rows: number) => () => void
}

export function createChatMetrics(): ChatMetrics {
  const registry = createMetrics('chat')
  const registers = [registry]
  const closes = new Counter({
    name: 'chat_ws_close_total',
    help: 'WebSockets closed, by code',
    labelNames: ['code'],
    registers,
  })
  const sweeps = new Histogram({
    name: 'chat_sweep_seconds',
    help: 'Time that a sweep of the feed took',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  })
  const misroutes = new Counter({
    name: 'ws_misrouted_total',
    help: 'WebSockets that were meant for another pod, by their path',
    registers,
  })
  const ignored = new Counter({
    name: 'chat_pod_records_ignored_total',
    help: 'Records in Redis that no pod of this installation has written recently, by reason',
    labelNames: ['reason'],
    registers,
  })
  const delays = new Histogram({
    name: 'ws_reconnect_delay_seconds',
    help: 'Time after which clients were asked to come back',
    buckets: [0.25, 0.5, 1, 2, 3, 4, 5],
    registers,
  })
  const sheds = new Counter({
    name: 'chat_ws_shed_total',
    help: 'WebSockets that were sent to emptier pods',
    registers,
  })
  const batchRows = new Histogram({
    name: 'chat_append_batch_rows',
    help: 'Sends that were stored together',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200],
    registers,
  })
  const appends = new Histogram({
    name: 'chat_append_seconds',
    help: 'Time to store a batch, its commit included',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  })
  return {
    registry,
    closed: (code) => closes.inc({ code }),
    swept: (seconds) => sweeps.observe(seconds),
    misrouted: () => misroutes.inc(),
    recordIgnored: (reason) => ignored.inc({ reason }),
    askedToGo: (afterMs) => delays.observe(afterMs / 1_000),
    shed: (count) => sheds.inc(count),
    appending: (rows) => {
      const end = appends.startTimer()
      return () => {
        end()
        batchRows.observe(rows)
      }
    },
  }
}
