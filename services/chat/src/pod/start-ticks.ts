import type { MonotonicMs } from '@fastchat/clock'
import type { CursorSaver } from '../delivery/cursor-saver.ts'
import type { SignalKeeper } from '../delivery/signal-keeper.ts'
import type { Overload } from '../domain/overload.ts'
import { StallWatch } from '../domain/stall-watch.ts'

const tickMs = 1_000
/** The interval that `Overload.sample` asks for. */
const sampleLagMs = 2_000

export type TickOptions = {
  readonly sockets: Iterable<{ tick(): void }>
  readonly cursors: Pick<CursorSaver, 'flush'>
  readonly keeper: Pick<SignalKeeper, 'flush'>
  readonly overload: Pick<Overload, 'sample'>
  readonly monotonicMs: () => MonotonicMs
  /** Called after the process stood still: packets of the bus may be lost. */
  readonly onStalled: () => void
  readonly onCursorError: (error: unknown) => void
  readonly onKeepError: (error: unknown) => void
}

/**
 * Starts the timers of a pod: ticks of its sockets, saves of cursors and
 * signals, samples of its lag. Returns a
 * function that stops them.
 */
export function startTicks(options: TickOptions): () => void {
  const { sockets, cursors, keeper, overload, monotonicMs, onStalled, onCursorError, onKeepError } = options
  const stalls = new StallWatch(tickMs, monotonicMs())
  const ticker = setInterval(() => {
    if (stalls.tick(monotonicMs())) onStalled()
    for (const socket of sockets) socket.tick()
    cursors.flush().catch(onCursorError)
    keeper.flush().catch(onKeepError)
  }, tickMs)
  const sampler = setInterval(() => overload.sample(), sampleLagMs)
  return () => {
    clearInterval(ticker)
    clearInterval(sampler)
  }
}
