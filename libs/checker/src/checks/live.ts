import type { Fault, Index } from '../index-history.ts'
import type { Report } from '../report.ts'
import { describePosition } from './shown.ts'

export type Delays = { readonly healMs: number[]; readonly showMs: number[] }

/**
 * K9: without a fault an acknowledged message is shown within `boundMs`. The time counts from the
 * last of three events: its ack, the end of a fault that delayed it, the connection of the device.
 * Messages shown during a fault are not judged.
 */
export function checkLive(index: Index, boundMs: number, report: Report): Delays {
  const faults = [...index.faults.values()].sort((a, b) => a.endAt - b.endAt)
  const ends = faults.map(({ endAt }) => endAt)
  const broken = union(faults)
  const starts = broken.map(({ startAt }) => startAt)
  const heals = new Map<Fault, number>()
  const showMs: number[] = []
  for (const feed of index.feeds.values()) {
    const ups = index.ups.get(feed.device) ?? []
    for (const { at, id, seq } of feed.shows) {
      const send = index.sends.get(id)
      if (send?.outcome !== 'ok' || at < (broken[countUpTo(starts, at) - 1]?.endAt ?? 0)) continue
      const fault = faults[countUpTo(ends, at) - 1]
      const wasDelayed = fault !== undefined && fault.endAt >= send.ackedAt
      const upAt = ups[countUpTo(ups, at) - 1] ?? 0
      const waitMs = at - Math.max(send.ackedAt, wasDelayed ? fault.endAt : 0, upAt)
      if (wasDelayed) heals.set(fault, Math.max(heals.get(fault) ?? 0, at - fault.endAt))
      else if (upAt <= send.ackedAt) showMs.push(Math.max(0, waitMs))
      if (waitMs > boundMs)
        report.say(
          'K9',
          `${describePosition(index, feed, seq)}: shown ${Math.round(waitMs)} ms after nothing delayed it any more`,
        )
    }
  }
  return { healMs: [...heals.values()], showMs }
}

type Time = { readonly startAt: number; readonly endAt: number }

/** Returns the times with at least one fault, in order and without overlaps. */
function union(faults: readonly Time[]): Time[] {
  const times: { startAt: number; endAt: number }[] = []
  for (const { startAt, endAt } of faults.toSorted((a, b) => a.startAt - b.startAt)) {
    const last = times.at(-1)
    if (last && startAt <= last.endAt) last.endAt = Math.max(last.endAt, endAt)
    else times.push({ startAt, endAt })
  }
  return times
}

/** Returns how many of the sorted `times` are at or before `at`. */
function countUpTo(times: readonly number[], at: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low
}
