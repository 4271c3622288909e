import type { Clock } from '@fastchat/clock'
import type { Bus } from '@fastchat/cluster'
import type { DeviceId } from '@fastchat/schema'
import { createSlots, type DeviceActor, type Logger } from '@fastchat/service'
import type { PodDelivery } from '../delivery/create-delivery.ts'
import type { Overload } from '../domain/overload.ts'
import type { SendResult, Writer } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import { SendAdmission } from '../domain/send-admission.ts'
import type { SignalStore } from '../domain/signals.ts'
import { TokenBuckets } from '../domain/token-buckets.ts'
import type { Traces } from '../domain/traces.ts'
import type { PodLimits } from '../pod-limits.ts'
import type { Rates } from '../rates.ts'
import { announcedLimits } from './announced-limits.ts'
import type { ClientSocketDeps } from './client-socket.ts'
import { createDeviceOpener } from './device-opener.ts'
import { createFrameHandlers } from './frame-handlers.ts'
import type { SignalCounts } from './handle-signal.ts'
import { WriteBatch } from './write-batch.ts'

/** A bucket takes some 100 bytes. A pod has far fewer connections than this. */
const maxSendBuckets = 100_000

/** The parts of a pod from which those of its sockets are made. */
export type SocketParts = {
  readonly pod: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: () => number
  readonly traces: Traces | undefined
  readonly verify: (token: string) => Promise<DeviceActor>
  readonly registry: Registry
  readonly bus: Bus
  readonly delivery: PodDelivery
  readonly signals: SignalStore
  readonly writer: Writer
  readonly limits: PodLimits
  readonly rates: Pick<Rates, 'userSends'>
}

/** The parts that a pod makes for its sockets. */
export type SocketHooks = Pick<ClientSocketDeps, 'dbEpoch'> & {
  readonly overload: Pick<Overload, 'refusesSends'>
  readonly counts: { deliveries: number; readonly sends: Map<SendResult, number>; readonly signals: SignalCounts }
  readonly onArrived: (device: DeviceId) => void
}

/** Creates what all sockets of a pod share. Each part gets only the dependencies that it uses. */
export function createSocketDeps(parts: SocketParts, hooks: SocketHooks): ClientSocketDeps {
  const { pod, log, clock, random, traces, verify, registry, bus, delivery, signals, writer, limits, rates } = parts
  const { overload, counts, dbEpoch, onArrived } = hooks
  const { monotonicMs } = clock
  const { feeds, devices, fanOut, cursors, keeper, entries } = delivery
  const admission = new SendAdmission({
    overload,
    deviceSends: new TokenBuckets(limits.sends, maxSendBuckets),
    userSends: rates.userSends,
    monotonicMs,
  })
  return {
    clock,
    random,
    log,
    batch: new WriteBatch(monotonicMs),
    handlers: createFrameHandlers({
      verify,
      send: { writer, admission, sends: counts.sends, traces },
      signal: {
        ...{ fanOut, keeper, overload, monotonicMs },
        store: signals,
        rates: new TokenBuckets(limits.signals, maxSendBuckets),
        counts: counts.signals,
      },
      monotonicMs,
    }),
    openDevice: createDeviceOpener({
      verify,
      arrivals: createSlots(limits.arrivingDevices),
      presence: { devices, bus, fanOut, registry },
      feed: {
        feeds,
        cursors,
        counts,
        traces,
        monotonicMs,
        onReadError: (err, device) => log.warn({ err, device }, 'log not read'),
      },
      log: entries,
    }),
    about: { pod, limits: announcedLimits(limits) },
    dbEpoch,
    onArrived,
  }
}
