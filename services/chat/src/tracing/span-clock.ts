/** A wall clock that was set, or one that has drifted from the other over days, is further off than a call takes. */
const maxDriftMs = 5

/**
 * Milliseconds since 1970 with fractions, and in step with the wall clock, so that the spans of several pods fit together.
 * `processMs`: the same as counted since the process began, whatever the wall clock has done since.
 */
export function createSpanClock(wallMs: () => number, processMs: () => number): () => number {
  let offsetMs = 0
  return () => {
    const atMs = processMs()
    const nowMs = wallMs()
    if (Math.abs(atMs + offsetMs - nowMs) > maxDriftMs) offsetMs = nowMs - atMs
    return atMs + offsetMs
  }
}
