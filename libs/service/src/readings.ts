import { Counter, Gauge } from 'prom-client'
import type { Metrics } from './metrics.ts'

export type Readings = {
  gauge(name: string, help: string, read: () => number): void
  /** What `read` gives never falls. */
  counter(name: string, help: string, read: () => number): void
  /** One for each value of `label`; of values there must be few. */
  counters(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void
}

/** Metrics that are read when somebody looks: for what is counted where a metric of its own would cost too much. */
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
