import type { MonotonicMs } from '@fastchat/clock'
import { AppError, createSlots, type ReleaseSlot } from '@fastchat/service'

/**
 * The duration that is assumed before the first measurement: argon2id with 19 MiB on a small
 * server.
 */
const firstGuessMs = 100
/** The weight of a new measurement in the average. */
const weight = 0.2

export type WorkGate = {
  /**
   * Runs `work` when it is its turn. Work of one `lane` queues behind each other.
   *
   * @throws AppError `busy` when the queue holds more work than may wait
   */
  run<T>(lane: string, work: () => Promise<T>): Promise<T>
  /** `running` and `waiting` are current; `refused` and `done` count since the start. */
  counts(): { readonly running: number; readonly waiting: number; readonly refused: number; readonly done: number }
}

type Waiting = { readonly begin: (release: ReleaseSlot) => void; readonly refuse: (error: AppError) => void }

/**
 * Runs at most `slots` pieces of work at a time. The queue holds as much work as can begin within
 * `maxWaitMs`, by the average duration so far. Further work is rejected before it costs anything,
 * so a flood delays honest callers for a bounded time.
 *
 * The lanes take turns. Work that comes to a full queue takes the place of the last one in a longer
 * lane. So a flood from one network delays itself and cannot keep other networks out.
 */
export function createWorkGate(options: {
  slots: number
  maxWaitMs: number
  monotonicMs: () => MonotonicMs
}): WorkGate {
  const { maxWaitMs, monotonicMs } = options
  const slots = createSlots(options.slots)
  /** The lane whose turn is next comes first. No lane is empty. */
  const lanes = new Map<string, Waiting[]>()
  let waiting = 0
  let refused = 0
  let done = 0
  let averageMs = firstGuessMs

  async function enter(lane: string): Promise<ReleaseSlot> {
    const release = slots.take()
    if (release) return release
    const waitMs = ((waiting + 1) * averageMs) / options.slots
    if (waitMs > maxWaitMs) {
      refused += 1 // counts the newcomer or the one it displaces
      if (!makeRoom(lane)) throw busy(waitMs)
    }
    // The piece of work that ends hands its slot over.
    return await new Promise<ReleaseSlot>((begin, refuse) => {
      const lined = lanes.get(lane)
      if (lined) lined.push({ begin, refuse })
      else lanes.set(lane, [{ begin, refuse }])
      waiting += 1
    })
  }

  /**
   * Rejects the last of the longest lane, unless that would make it shorter than `lane` becomes.
   */
  function makeRoom(lane: string): boolean {
    const [longest = []] = [...lanes.values()].sort((a, b) => b.length - a.length)
    if (longest.length < (lanes.get(lane)?.length ?? 0) + 2) return false
    longest.pop()?.refuse(busy(maxWaitMs))
    waiting -= 1
    return true
  }

  function leave(release: ReleaseSlot): void {
    const [turn] = lanes
    if (turn === undefined) {
      release()
      return
    }
    const [lane, lined] = turn
    const next = lined.shift()
    lanes.delete(lane)
    if (lined.length > 0) lanes.set(lane, lined) // a Map keeps the order of insertion, so this lane's next turn comes last
    waiting -= 1
    next?.begin(release)
  }

  return {
    async run(lane, work) {
      const release = await enter(lane)
      const startedAt = monotonicMs()
      try {
        return await work()
      } finally {
        done += 1
        averageMs += weight * (monotonicMs() - startedAt - averageMs)
        leave(release)
      }
    },
    counts: () => ({ running: slots.taken, waiting, refused, done }),
  }
}

const busy = (waitMs: number) => new AppError('busy', undefined, { retryMs: Math.ceil(waitMs) })
