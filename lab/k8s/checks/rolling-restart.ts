import type { Check } from '../check.ts'
import { underLoad } from '../load.ts'

const devices = 90
const perSecond = 40
const maxReconnects = 1.5

export const rollingRestart: Check = {
  name: 'rolling-restart',
  title: 'all chat pods are replaced in turn: nothing is lost, and clients reconnect at most 1.5 times on average',
  async run(world) {
    const { installation } = world
    const { cluster } = installation
    const urls = installation.chatPods.map((pod) => installation.podUrl(pod))
    let reconnects = 0
    let slowest = 0
    const crowd = await underLoad(world, { devices, perSecond, urls, isSpread: true }, async (crowd) => {
      const before = crowd.connects
      await cluster.rollOut('chat', (pod, { exit, isKilled, seconds }) => {
        if (exit.code !== 0 || isKilled) throw new Error(`${pod} ended with ${exit.code} after ${seconds.toFixed(1)} s`)
        slowest = Math.max(slowest, seconds)
      })
      reconnects = (crowd.connects - before) / devices
    })
    if (reconnects > maxReconnects) throw new Error(`each client reconnected ${reconnects.toFixed(2)} times on average`)
    await world.talk('after all pods were replaced')
    const [ann, ben] = world.people
    return {
      acked: crowd.acked,
      shown: crowd.shown,
      'reconnects per client': reconnects.toFixed(2),
      'slowest end s': slowest.toFixed(1),
      troubles: (ann?.troubles.length ?? 0) + (ben?.troubles.length ?? 0),
    }
  },
}
