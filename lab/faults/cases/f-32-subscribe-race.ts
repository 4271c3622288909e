import { Crowd } from '../crowd.ts'
import type { FaultCase } from '../fault-case.ts'

const waves = 5
const devices = 100
const messages = 200

export const subscribeRace: FaultCase = {
  id: 'F-32',
  title:
    '500 devices come into a conversation in which somebody speaks all the time: each has all of it, once, in order',
  bounds: { openFiles: 1_000 },
  async run({ installation, random, flows, until }) {
    for (let wave = 0; wave < waves; wave++) {
      const crowd = await Crowd.start(installation.stack, random, { devices, urls: installation.podUrls })
      try {
        // The first of them sends as soon as it is there, while the others come.
        for (let n = 0; n < messages; n++) crowd.send()
        await until(() => {
          if (crowd.shown < devices * messages) throw new Error(`${crowd.shown} of ${devices * messages} have come`)
        })
        if (crowd.wrong.length > 0) throw new Error(crowd.wrong[0])
      } finally {
        crowd.stop()
      }
    }
    await flows(100)
  },
}
