import { Crowd } from '../crowd.ts'
import type { FaultCase } from '../fault-case.ts'

const waves = 5
const devices = 100
const messages = 200

export const subscribeRace: FaultCase = {
  id: 'F-32',
  title: '500 devices subscribe to a conversation while messages are sent: each gets every message once, in order',
  bounds: { openFiles: 1_000 },
  async run({ installation, random, untilAcked, until }) {
    for (let wave = 0; wave < waves; wave++) {
      const crowd = await Crowd.start(installation.stack, random, { devices, urls: installation.podUrls })
      try {
        // The first device sends as soon as it is connected, while the others connect.
        for (let n = 0; n < messages; n++) crowd.send()
        await until(() => {
          if (crowd.shown < devices * messages) throw new Error(`${crowd.shown} of ${devices * messages} have arrived`)
        })
        if (crowd.wrong.length > 0) throw new Error(crowd.wrong[0])
      } finally {
        crowd.stop()
      }
    }
    await untilAcked(100)
  },
}
