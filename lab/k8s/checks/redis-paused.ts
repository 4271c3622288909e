import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@fastchat/testkit'
import { nowMs } from '../../faults/clock.ts'
import type { Check } from '../check.ts'
import { underLoad } from '../load.ts'
import { metricOf } from '../metric.ts'

const devices = 60
const perSecond = 30
const pausedMs = 30_000
const healsWithinMs = 5_000

export const redisPaused: Check = {
  name: 'redis-paused',
  title: 'Redis is frozen for 30 s: people go on chatting, no container restarts, and pods reach each other 5 s later',
  async run(world) {
    const { installation } = world
    const { cluster } = installation
    const before = cluster.restarts
    let healedMs = 0
    let meanwhile = 0
    const urls = installation.chatPods.map((pod) => installation.podUrl(pod))
    const crowd = await underLoad(world, { devices, perSecond, urls }, async (crowd) => {
      const redis = cluster.pod('redis-0')
      const acked = crowd.acked
      await redis.freeze()
      const thawsAt = nowMs() + pausedMs
      await world.talk('while Redis stands still')
      await delay(thawsAt - nowMs())
      meanwhile = crowd.acked - acked
      await redis.thaw()
      const from = nowMs()
      await eventually(
        async () => {
          for (const pod of cluster.podsOf('chat'))
            if ((await metricOf(pod, 'chat_bus_healthy')) !== 1)
              throw new Error(`${pod.name} does not receive from the others`)
        },
        { timeoutMs: 2 * healsWithinMs, everyMs: 100 },
      )
      healedMs = nowMs() - from
    })
    await cluster.untilReady()
    if (meanwhile === 0) throw new Error('nothing was acked meanwhile')
    if (healedMs > healsWithinMs) throw new Error(`pods reached each other only after ${Math.round(healedMs)} ms`)
    const restarts = cluster.restarts - before
    if (restarts > 0) throw new Error(`${restarts} containers were restarted`)
    await world.talk('after Redis stood still')
    return {
      acked: crowd.acked,
      shown: crowd.shown,
      'acked meanwhile': meanwhile,
      'healed after ms': Math.round(healedMs),
      restarts,
    }
  },
}
