/** Gives back a place; once only counts. */
export type Leave = () => void

/** So many places; `take` gives undefined when there is none left. */
export function createPlaces(count: number): { take(): Leave | undefined } {
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
