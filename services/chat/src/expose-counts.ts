import type { Bus } from '@fastchat/cluster'
import { type ClockWatch, type Metrics, readings } from '@fastchat/service'
import { Gauge } from 'prom-client'
import type { Writer } from './domain/ports.ts'
import type { ChatSockets } from './pod/chat-sockets.ts'
import type { PushRounds } from './web-push/push-rounds.ts'

export type Counted = {
  readonly capacity: number
  readonly sockets: Pick<ChatSockets, 'counts' | 'refusal' | 'queuedBytes' | 'lagMs'>
  readonly writer: Pick<Writer, 'queuedSends'>
  readonly clockWatch: Pick<ClockWatch, 'aheadMs'>
  readonly pushes: Pick<PushRounds, 'counts'> | undefined
  readonly bus: Pick<Bus, 'counts' | 'healthy' | 'lagMs'>
}

/**
 * Exposes the pod's own counters as metrics. They are plain numbers, read only when metrics are
 * scraped.
 */
export function exposeCounts(registry: Metrics, { capacity, sockets, writer, bus, clockWatch, pushes }: Counted): void {
  const registers = [registry]
  const { gauge, counter, counters } = readings(registry)
  gauge('chat_ws_connections', 'WebSockets, those before hello included', () => sockets.counts().connections)
  gauge('chat_ws_capacity', 'WebSockets that the pod is meant to hold', () => capacity)
  gauge('chat_ws_devices', 'Devices that have said hello', () => sockets.counts().devices)
  gauge('chat_draining', '1 once the pod takes no new clients because it is ending', () =>
    Number(sockets.refusal() === 'draining'),
  )
  gauge(
    'chat_clock_ahead_seconds',
    'The least time by which the clock is ahead of those of PostgreSQL and Redis',
    () => clockWatch.aheadMs / 1_000,
  )
  gauge('chat_rooms', 'Conversations with a reader on this pod', () => sockets.counts().conversations)
  gauge('chat_send_queue_bytes', 'Bytes written to sockets that the kernel has not taken yet', sockets.queuedBytes)
  gauge('chat_append_queue_sends', 'Sends that wait to be stored', writer.queuedSends)
  counter('chat_ws_accept_total', 'WebSockets accepted', () => sockets.counts().accepts)
  counter('chat_deliveries_total', 'Entries written to sockets', () => sockets.counts().deliveries)
  counter(
    'chat_gap_heals_total',
    'Gaps in the order of entries that were read from the log',
    () => sockets.counts().heals,
  )
  gauge('chat_bus_healthy', '1 while published packets arrive', () => Number(bus.healthy()))
  gauge(
    'chat_redis_bus_lag_seconds',
    'Time that Redis takes to answer on the connections that receive packets',
    () => bus.lagMs() / 1_000,
  )
  counter('chat_bus_received_total', 'Packets from other pods', () => bus.counts().received)
  counter('chat_bus_refused_total', 'Packets without a valid seal of a pod', () => bus.counts().refused)
  counter(
    'chat_bus_dropped_total',
    'Packets that Redis did not take; a sweep finds their entries',
    () => bus.counts().dropped,
  )
  new Gauge({
    name: 'chat_event_loop_lag_seconds',
    help: 'Recent lag of the event loop, by which the pod decides what it refuses',
    labelNames: ['quantile'],
    registers,
    collect() {
      this.set({ quantile: '0.99' }, sockets.lagMs() / 1_000)
    },
  })
  counters(
    'chat_signals_total',
    'Receipts and signs of typing or presence: passed on, or dropped for a reason',
    'result',
    () => sockets.counts().signals,
  )
  counters(
    'chat_pushes_total',
    'Web pushes: sent, gone (the endpoint is forgotten), refused, failed, or dropped because too many waited',
    'result',
    () => pushes?.counts() ?? [],
  )
  counters(
    'chat_sends_total',
    'Sends: stored, duplicate, or refused with a code',
    'result',
    () => sockets.counts().sends,
  )
}
