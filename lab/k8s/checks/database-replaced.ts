import { eventually } from '@fastchat/testkit'
import { nowMs } from '../../faults/clock.ts'
import type { Check } from '../check.ts'
import { underLoad } from '../load.ts'

const devices = 60
const perSecond = 30
/**
 * This allows for a fast shutdown and a start. A server that waits for its clients would take its
 * whole grace period of 60 s.
 */
const backWithinMs = 30_000

export const databaseReplaced: Check = {
  name: 'database',
  title: 'PostgreSQL’s pod is replaced on a volume with fsGroup: people chat again within 30 s, and nothing is lost',
  async run(world) {
    const { installation } = world
    const { cluster } = installation
    const urls = installation.chatPods.map((pod) => installation.podUrl(pod))
    let awayMs = 0
    const crowd = await underLoad(world, { devices, perSecond, urls }, async (crowd) => {
      const from = nowMs()
      const { exit, isKilled } = await cluster.delete('postgres-0')
      if (isKilled || exit.code !== 0)
        throw new Error(`postgres-0 ended with ${exit.code}${isKilled ? ', killed' : ''}`)
      await cluster.untilReady('postgres-0')
      const { acked } = crowd
      await eventually(
        () => {
          if (crowd.acked === acked) throw new Error('nothing is acked')
        },
        { timeoutMs: backWithinMs },
      )
      awayMs = nowMs() - from
    })
    if (awayMs > backWithinMs) throw new Error(`nothing was acked for ${Math.round(awayMs)} ms`)
    await world.talk('after PostgreSQL was replaced')
    return { acked: crowd.acked, shown: crowd.shown, 'away ms': Math.round(awayMs) }
  },
}
