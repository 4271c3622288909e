import type { Load, Taken } from './calls.ts'
import type { Lane, LaneListener } from './lane.ts'

const tickMs = 1
/**
 * A schedule that is later than this starts again: the rate is above what the servers can take, as
 * the figures will show.
 */
const maxBehindMs = 2_000

/** Decides which lane sends when, and collects how long the messages took. */
export class LoadMaker implements LaneListener {
  #lanes: readonly Lane[] = []
  #turn = 0
  /** The most open messages of one lane. 0 while there is no load, or a schedule instead. */
  #window = 0
  #schedule: { readonly perMs: number; startMs: number; sent: number } | undefined
  #timer: NodeJS.Timeout | undefined
  #ackMs: number[] = []
  #deliveryMs: number[] = []
  #takenAtMs = 0

  over(lanes: readonly Lane[]): void {
    this.#lanes = lanes
  }

  start(load: Load): void {
    this.stop()
    for (const lane of this.#lanes) lane.tellReceipts?.('receipts' in load && load.receipts === true)
    if ('outstanding' in load) {
      this.#window = Math.ceil(load.outstanding / this.#lanes.length)
      for (const lane of this.#lanes) this.#refill(lane)
    } else {
      this.#schedule = { perMs: load.perSecond / 1000, startMs: performance.now(), sent: 0 }
      this.#timer = setInterval(() => this.#keepSchedule(), tickMs)
    }
  }

  stop(): void {
    this.#window = 0
    this.#schedule = undefined
    clearInterval(this.#timer)
  }

  take(): Taken {
    const nowMs = performance.now()
    const seconds = (nowMs - this.#takenAtMs) / 1000
    const taken = { seconds, ackMs: Float64Array.from(this.#ackMs), deliveryMs: Float64Array.from(this.#deliveryMs) }
    this.#takenAtMs = nowMs
    this.#ackMs = []
    this.#deliveryMs = []
    return taken
  }

  acked(ms: number): void {
    this.#ackMs.push(ms)
  }

  delivered(ms: number): void {
    this.#deliveryMs.push(ms)
  }

  done(lane: Lane): void {
    this.#refill(lane)
  }

  #refill(lane: Lane): void {
    while (lane.openCount < this.#window && lane.maySend) lane.send(performance.now())
  }

  /**
   * Sends all messages that are due. The time of a late message counts from its scheduled time, so
   * that waiting is not left out of the figures.
   */
  #keepSchedule(): void {
    const schedule = this.#schedule
    if (schedule === undefined) return
    const { perMs, startMs } = schedule
    const elapsedMs = performance.now() - startMs
    for (; schedule.sent < elapsedMs * perMs; schedule.sent++) {
      const lane = this.#nextFree()
      if (lane === undefined) break
      lane.send(startMs + schedule.sent / perMs)
    }
    const behindMs = elapsedMs - schedule.sent / perMs
    if (behindMs > maxBehindMs) schedule.startMs += behindMs
  }

  #nextFree(): Lane | undefined {
    for (let tried = 0; tried < this.#lanes.length; tried++) {
      const lane = this.#lanes[this.#turn++ % this.#lanes.length]
      if (lane?.maySend) return lane
    }
    return undefined
  }
}
