import { AppError } from '@fastchat/service'

/** A guess until the first measurement: argon2id with 19 MiB on a small server. */
const firstGuessMs = 100
/** How much a new measurement counts. */
const weight = 0.2

export type WorkGate = {
  /**
   * Work of the same `lane` waits for each other first.
   *
   * @throws AppError `busy`, when the queue holds more work than may wait
   */
  run<T>(lane: string, work: () => Promise<T>): Promise<T>
  /** Now; `refused` and `done` since the start. */
  counts(): { readonly running: number; readonly waiting: number; readonly refused: number; readonly done: number }
}

type Waiting = { readonly begin: () => void; readonly refuse: (error: AppError) => void }

/**
 * Lets `slots` pieces of work run at a time and so many wait as can begin within `maxWaitMs`, judged by how long the last ones
 * took. The rest is refused before it costs anything: a flood delays honest callers by a bounded time. The lanes take turns, and
 * whoever comes to a full queue takes the place of the last in a longer lane: a flood waits for itself, and keeps nobody out who
 * comes from elsewhere.
 */
export function createWorkGate(options: { slots: number; maxWaitMs: number; now: () => number }): WorkGate {
  const { slots, maxWaitMs, now } = options
  /** Next in turn first; none is empty. */
  const lanes = new Map<string, Waiting[]>()
  let waiting = 0
  let running = 0
  let refused = 0
  let done = 0
  let averageMs = firstGuessMs

  async function enter(lane: string): Promise<void> {
    if (running < slots) {
      running += 1
      return
    }
    const waitMs = ((waiting + 1) * averageMs) / slots
    if (waitMs > maxWaitMs) {
      refused += 1 // whoever of the two it is
      if (!makeRoom(lane)) throw busy(waitMs)
    }
    // Whoever leaves hands over its slot.
    await new Promise<void>((begin, refuse) => {
      const lined = lanes.get(lane)
      if (lined) lined.push({ begin, refuse })
      else lanes.set(lane, [{ begin, refuse }])
      waiting += 1
    })
  }

  /** Refuses the last of the longest lane, if that stays no shorter than `lane` becomes. */
  function makeRoom(lane: string): boolean {
    const [longest = []] = [...lanes.values()].sort((a, b) => b.length - a.length)
    if (longest.length < (lanes.get(lane)?.length ?? 0) + 2) return false
    longest.pop()?.refuse(busy(maxWaitMs))
    waiting -= 1
    return true
  }

  function leave(): void {
    const [turn] = lanes
    if (turn === undefined) {
      running -= 1
      return
    }
    const [lane, lined] = turn
    const next = lined.shift()
    lanes.delete(lane)
    if (lined.length > 0) lanes.set(lane, lined) // a Map keeps the order of insertion: its next turn comes last
    waiting -= 1
    next?.begin()
  }

  return {
    async run(lane, work) {
      await enter(lane)
      const startedAt = now()
      try {
        return await work()
      } finally {
        done += 1
        averageMs += weight * (now() - startedAt - averageMs)
        leave()
      }
    },
    counts: () => ({ running, waiting, refused, done }),
  }
}

const busy = (waitMs: number) => new AppError('busy', undefined, { retryMs: Math.ceil(waitMs) })
