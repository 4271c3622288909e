import { type Clock, later, type WallMs } from '@fastchat/clock'

/** A larger difference means that the wall clock was set, or has drifted over days. */
const maxDriftMs = 5

/**
 * Returns a clock for spans: milliseconds since 1970 with fractions. It runs with the monotonic
 * clock and follows the wall clock when that was set, so that the spans of several pods fit
 * together.
 */
export function createSpanClock({ wallMs, monotonicMs }: Clock): () => WallMs {
  let wallAtZero = later(wallMs(), -monotonicMs())
  return () => {
    const at = monotonicMs()
    const now = wallMs()
    if (Math.abs(wallAtZero + at - now) > maxDriftMs) wallAtZero = later(now, -at)
    return later(wallAtZero, at)
  }
}
