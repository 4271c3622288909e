import { Crowd } from '../crowd.ts'
import type { FaultCase } from '../fault-case.ts'

const devices = 2_000
const groupSize = 4
const ackWithinMs = 2_000
const backWithinMs = 60_000

export const reconnectStorm: FaultCase = {
  id: 'F-28',
  title:
    '2 000 sockets are cut at once while one pod of three is dead: all are back within 60 s, and others go on sending',
  bounds: { openFiles: 3_000 },
  async run({ installation, random, fault, untilAcked, until }) {
    const [dead = '', ...alive] = installation.pods
    const sender = await Crowd.start(installation.stack, random, {
      devices: 2,
      urls: alive.slice(0, 1).map((pod) => installation.stack.pod(installation.pods.indexOf(pod))),
    })
    const crowd = await Crowd.start(installation.stack, random, { devices, groupSize, urls: installation.podUrls })
    try {
      await until(() => {
        if (crowd.online < devices) throw new Error(`${crowd.online} are online`)
      })
      let backMs = 0
      const p99 = await sender.sendsWhile(50, () =>
        fault(
          'storm',
          'clients',
          async () => {
            await installation.kill(dead)
            for (const pod of alive) installation.cut(`clients>${pod}`)
            const cutAt = performance.now()
            await until(() => {
              if (crowd.online < devices) throw new Error(`${crowd.online} are back`)
            })
            backMs = performance.now() - cutAt
          },
          () => installation.bringUp(dead),
        ),
      )
      if (backMs > backWithinMs) throw new Error(`all were back after ${Math.round(backMs)} ms`)
      if (p99 > ackWithinMs) throw new Error(`acks took ${Math.round(p99)} ms`)
      if (crowd.wrong.length > 0) throw new Error(crowd.wrong[0])
    } finally {
      crowd.stop()
      sender.stop()
    }
    await untilAcked(100)
  },
}
