/** Returns milliseconds on a clock that all processes of a run share and that never goes back. */
export const nowMs = (): number => performance.timeOrigin + performance.now()
