import type { Bus } from '@fastchat/cluster'
import { type ClockWatch, type Metrics, readings } from '@fastchat/service'
import { Gauge } from 'prom-client'
import type { Writer } from './domain/ports.ts'
import type { ChatSockets } from './pod/chat-sockets.ts'

export type Counted = {
  readonly capacity: number
  readonly sockets: Pick<ChatSockets, 'counts' | 'refusal' | 'queuedBytes' | 'lagMs'>
  readonly writer: Pick<Writer, 'queuedSends'>
  readonly clock: Pick<ClockWatch, 'aheadMs'>
  readonly bus: Pick<Bus, 'counts' | 'healthy' | 'lagMs'>
}

/** What the pod counts by itself, because counting there must cost nothing, is read when somebody looks. */
export function exposeCounts(registry: Metrics, { capacity, sockets, writer, bus, clock }: Counted): void {
  const registers = [registry]
  const { gauge, counter, counters } = readings(registry)
  gauge('chat_ws_connections', 'WebSockets, those before hello included', () => sockets.counts().connections)
  gauge('chat_ws_capacity', 'WebSockets that the pod is meant to hold', () => capacity)
  gauge('chat_ws_devices', 'Devices that have said hello', () => sockets.counts().devices)
  gauge('chat_draining', '1 once the pod takes nobody new because it is to end', () =>
    Number(sockets.refusal() === 'draining'),
  )
  gauge(
    'chat_clock_ahead_seconds',
    'By how much at least the clock is ahead of those of PostgreSQL and Redis',
    () => clock.aheadMs / 1_000,
  )
  gauge('chat_rooms', 'Conversations that somebody here reads', () => sockets.counts().conversations)
  gauge('chat_send_queue_bytes', 'Written to sockets and not yet taken by the kernel', sockets.queuedBytes)
  gauge('chat_append_queue_sends', 'Sends that wait to be stored', writer.queuedSends)
  counter('chat_ws_accept_total', 'WebSockets accepted', () => sockets.counts().accepts)
  counter('chat_deliveries_total', 'Entries written to sockets', () => sockets.counts().deliveries)
  counter(
    'chat_gap_heals_total',
    'Gaps in the order of entries that were read from the log',
    () => sockets.counts().heals,
  )
  gauge('chat_bus_healthy', '1 while what is published arrives', () => Number(bus.healthy()))
  gauge(
    'chat_redis_bus_lag_seconds',
    'Time that Redis takes to answer where packets come in',
    () => bus.lagMs() / 1_000,
  )
  counter('chat_bus_received_total', 'Packets from other pods', () => bus.counts().received)
  counter('chat_bus_refused_total', 'Packets that no pod had sealed', () => bus.counts().refused)
  counter('chat_bus_dropped_total', 'Packets that Redis did not take: found by a sweep', () => bus.counts().dropped)
  new Gauge({
    name: 'chat_event_loop_lag_seconds',
    help: 'By how much the event loop has lately been late, as the pod judges whether it can take more',
    labelNames: ['quantile'],
    registers,
    collect() {
      this.set({ quantile: '0.99' }, sockets.lagMs() / 1_000)
    },
  })
  counters(
    'chat_sends_total',
    'Sends: stored, duplicate, or refused with a code',
    'result',
    () => sockets.counts().sends,
  )
}
