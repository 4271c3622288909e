/** A wall clock that was set, or a monotonic one that has strayed from it over days, is further off than a call takes. */
const maxStrayMs = 5

/** Milliseconds since 1970 with fractions, and in step with the wall clock, so that the spans of several pods fit together. */
export function createSpanClock(wallMs: () => number, monotonicMs: () => number): () => number {
  let offsetMs = wallMs() - monotonicMs()
  return () => {
    const atMs = monotonicMs()
    const nowMs = wallMs()
    if (Math.abs(atMs + offsetMs - nowMs) > maxStrayMs) offsetMs = nowMs - atMs
    return atMs + offsetMs
  }
}
