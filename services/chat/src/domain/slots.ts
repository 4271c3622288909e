/** Gives a slot back. Only the first call counts. */
export type ReleaseSlot = () => void

/** Creates `count` slots. `take` returns undefined if none is free. */
export function createSlots(count: number): { take(): ReleaseSlot | undefined } {
  let free = count
  return {
    take() {
      if (free === 0) return undefined
      free--
      let isTaken = true
      return () => {
        if (isTaken) free++
        isTaken = false
      }
    },
  }
}
