import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolutionMs = 20
const nanosPerMs = 1_000_000

export type LagMeter = {
  /**
   * Returns how late the event loop was, in ms (99th percentile): the smaller value of the last two
   * intervals between calls. A single pause (garbage collection, a burst) is over when it is
   * reported. Only lasting lag shows an overloaded pod.
   */
  takeP99Ms(): number
  close(): void
}

export function openLagMeter(): LagMeter {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  let previousMs = 0
  return {
    takeP99Ms() {
      // The histogram includes its own interval.
      const lateMs = Math.max(0, Math.round(delays.percentile(99) / nanosPerMs - resolutionMs))
      delays.reset()
      const lastingMs = Math.min(lateMs, previousMs)
      previousMs = lateMs
      return lastingMs
    },
    close: () => void delays.disable(),
  }
}
