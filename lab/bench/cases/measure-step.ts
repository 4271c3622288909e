import { setTimeout as delay } from 'node:timers/promises'
import type { Load } from '../driver/calls.ts'
import type { Drivers } from '../drivers.ts'
import { percentile } from '../percentile.ts'
import { cpuOf, cpuOfMachine, type Micros, type Parts } from '../proc.ts'

/** The warm-up takes half as long as the measurement, and at most this long. */
const maxWarmUpMs = 1_000

export type Step = {
  /** Deliveries per second. A message counts once for each receiver. */
  readonly rate: number
  /** `undefined` when the system does not ack. */
  readonly ackMs: Quantiles | undefined
  readonly deliveryMs: Quantiles
  /** CPU for each delivery in µs, by process. */
  readonly cpu: Micros
  readonly cpuOfAll: number
  readonly driverCpu: number
  /** The number of cores that the driver processes kept busy. */
  readonly driverCores: number
  /** The number of cores that programs outside the bench kept busy. */
  readonly otherCores: number
}

type Quantiles = { readonly p50: number; readonly p99: number }

export type StepOptions = {
  readonly servers: Parts
  readonly drivers: Drivers
  readonly seconds: number
  readonly signal: AbortSignal
}

/** Sets the load, lets it settle, and measures for `seconds`. The load stays on. */
export async function measureStep(load: Load, { servers, drivers, seconds, signal }: StepOptions): Promise<Step> {
  const parts = { ...servers, ...Object.fromEntries(drivers.pids.map((pid, n) => [driverName(n), pid])) }
  await drivers.load(load)
  await delay(Math.min(maxWarmUpMs, seconds * 500), undefined, { signal })
  const [before, machineBefore] = await Promise.all([cpuOf(parts), cpuOfMachine(), drivers.take()])
  await delay(seconds * 1000, undefined, { signal })
  const [after, machineAfter, taken] = await Promise.all([cpuOf(parts), cpuOfMachine(), drivers.take()])
  const messages = taken.deliveryMs.length
  if (messages === 0) throw new Error('nothing was delivered')
  const perMessage = (name: string) => ((after[name] ?? 0) - (before[name] ?? 0)) / messages
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + perMessage(name), 0)
  const rate = messages / taken.seconds
  const cpuOfAll = sum(Object.keys(servers))
  const driverCpu = sum(drivers.pids.map((_, n) => driverName(n)))
  return {
    rate,
    ackMs: taken.ackMs.length > 0 ? quantiles(taken.ackMs) : undefined,
    deliveryMs: quantiles(taken.deliveryMs),
    cpu: Object.fromEntries(Object.keys(servers).map((name) => [name, perMessage(name)])),
    cpuOfAll,
    driverCpu,
    driverCores: (driverCpu * rate) / 1_000_000,
    otherCores: ((machineAfter - machineBefore) / messages - cpuOfAll - driverCpu) * (rate / 1_000_000),
  }
}

const driverName = (n: number) => `driver-${n}`

function quantiles(ms: Float64Array): Quantiles {
  const sorted = ms.toSorted()
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
}
