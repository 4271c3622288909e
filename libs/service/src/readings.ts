import { Counter, Gauge } from 'prom-client'
import type { Metrics } from './metrics.ts'

export type Readings = {
  gauge(name: string, help: string, read: () => number): void
  /** Adds a counter; the number that `read` returns must never fall. */
  counter(name: string, help: string, read: () => number): void
  /** Adds one counter for each value of `label`. There must be few values. */
  counters(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void
}

/**
 * Creates metrics that are read when Prometheus asks. Use it for numbers that are counted
 * elsewhere, where a prom-client metric would cost too much.
 */
export function readings(registry: Metrics): Readings {
  const registers = [registry]
  return {
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    },
    counter(name, help, read) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(read())
        },
      })
    },
    counters(name, help, label, read) {
      new Counter({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset()
          for (const [value, count] of read()) this.inc({ [label]: value }, count)
        },
      })
    },
  }
}
