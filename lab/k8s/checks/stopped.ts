import { nowMs } from '../../faults/clock.ts'
import type { Check } from '../check.ts'
import { underLoad, untilOnline } from '../load.ts'

const devices = 500
const perSecond = 40
const stopped = 'chat-1'
/** A pod closes this many sockets each 50 ms, or more if it has many. */
const batch = { size: 20, everyMs: 50 }
/** The number of batches that may fall into one interval on a busy machine. */
const clumps = 4

export const stoppedPod: Check = {
  name: 'stopped',
  title:
    'a pod with 500 sockets is deleted: it closes them in batches, stops within its grace period, and nothing is lost',
  async run(world) {
    const { installation } = world
    const { cluster } = installation
    const figures: Record<string, number> = {}
    const crowd = await underLoad(
      world,
      { devices, perSecond, urls: [installation.podUrl(stopped)] },
      async (crowd) => {
        const grace = cluster.pod(stopped).object.spec.terminationGracePeriodSeconds ?? 0
        const from = nowMs()
        const ending = await cluster.delete(stopped)
        await untilOnline(crowd, devices)
        figures['all back s'] = round((nowMs() - from) / 1_000)
        figures['ended after s'] = round(ending.seconds)
        if (ending.exit.code !== 0 || ending.isKilled || ending.seconds >= grace)
          throw new Error(`${stopped} ended with ${ending.exit.code} after ${ending.seconds.toFixed(1)} of ${grace} s`)
        const closes = crowd.endedAtMs.filter((at) => at >= from).toSorted((a, b) => a - b)
        figures['closed over s'] = round(((closes.at(-1) ?? 0) - (closes[0] ?? 0)) / 1_000)
        figures['most in 50 ms'] = mostWithin(closes, batch.everyMs)
        if (closes.length < devices) throw new Error(`${closes.length} sockets were closed`)
        if (figures['most in 50 ms'] > batch.size * clumps) throw new Error(JSON.stringify(figures))
        await cluster.untilReady(stopped)
      },
    )
    await world.talk('after a pod was deleted')
    return { acked: crowd.acked, shown: crowd.shown, ...figures }
  },
}

/** Returns the most of some ascending times that lie within `ms` of each other. */
function mostWithin(times: readonly number[], ms: number): number {
  let most = 0
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] ?? 0) - (times[first] ?? 0) >= ms) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

const round = (value: number) => Math.round(value * 10) / 10
