/** Gives a slot back. Only the first call counts. */
export type ReleaseSlot = () => void

export type Slots = {
  /** Takes a slot. Returns undefined if none is free. */
  take(): ReleaseSlot | undefined
  /** The number of slots that are taken. */
  readonly taken: number
}

/**
 * Creates `count` slots for work that is refused, or waits by its own rules, when none is free. Work
 * that simply queues uses `p-limit`, which neither refuses nor knows whose turn is next.
 */
export function createSlots(count: number): Slots {
  let taken = 0
  return {
    take() {
      if (taken >= count) return undefined
      taken++
      let isTaken = true
      return () => {
        if (isTaken) taken--
        isTaken = false
      }
    },
    get taken() {
      return taken
    },
  }
}
