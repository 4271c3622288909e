import { eventually } from '@fastchat/testkit'
import { seedDevices } from '@fastchat/tests/seed'
import { signTokens } from '@fastchat/tests/sign-tokens'
import { nowMs } from '../../faults/clock.ts'
import type { Check } from '../check.ts'
import { underLoad } from '../load.ts'

const devices = 60
const perSecond = 30
const lost = 'chat-2'
const goneWithinMs = 5_000
/**
 * The balancer offers two of three pods each time. This many answers show whether a pod is offered
 * at all.
 */
const asks = 12
const askEveryMs = 200

export const lostPod: Check = {
  name: 'lost',
  title: 'a pod is lost with its node: the balancer offers it for at most 5 s more, and nothing is lost',
  async run(world) {
    const { installation } = world
    const { cluster } = installation
    const [token = ''] = await signTokens(installation.signingKeysFile, await seedDevices(installation.sql, 1))
    const isOffered = async () => {
      const answers = await Promise.all(Array.from({ length: asks }, () => installation.candidates(token)))
      return answers.flat().some(({ pod }) => pod === lost)
    }
    let goneMs = 0
    const urls = installation.chatPods.map((pod) => installation.podUrl(pod))
    const crowd = await underLoad(world, { devices, perSecond, urls: [...urls, installation.anyPodUrl] }, async () => {
      if (!(await isOffered())) throw new Error(`${lost} was not offered before`)
      const from = nowMs()
      const losing = cluster.lose(lost)
      await eventually(
        async () => {
          if (await isOffered()) throw new Error(`${lost} is offered`)
        },
        { timeoutMs: 2 * goneWithinMs, everyMs: askEveryMs },
      )
      goneMs = nowMs() - from
      const bringBack = await losing
      bringBack()
      await cluster.untilReady(lost)
      await eventually(async () => {
        if (!(await isOffered())) throw new Error(`${lost} is not offered again`)
      })
    })
    if (goneMs > goneWithinMs) throw new Error(`${lost} was offered for ${Math.round(goneMs)} ms`)
    await world.talk('after a pod was lost')
    return { acked: crowd.acked, shown: crowd.shown, 'offered for ms': Math.round(goneMs) }
  },
}
