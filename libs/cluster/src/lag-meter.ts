import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolutionMs = 20
const nanosPerMs = 1_000_000

export type LagMeter = {
  /**
   * By how many ms the event loop was late, 99th percentile, since the last call and before it: the smaller of the two. One pause
   * (a garbage collection, a burst) is over by the time anybody hears of it; only lag that lasts says that a pod is overloaded.
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
      const lateMs = Math.max(0, Math.round(delays.percentile(99) / nanosPerMs - resolutionMs)) // it counts its own interval
      delays.reset()
      const lastingMs = Math.min(lateMs, previousMs)
      previousMs = lateMs
      return lastingMs
    },
    close: () => void delays.disable(),
  }
}
