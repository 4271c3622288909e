import { Crowd } from '../crowd.ts'
import type { FaultCase } from '../fault-case.ts'

const history = 20_000
const cuts = 10

export const longOffline: FaultCase = {
  id: 'F-33',
  title: 'a device missed 20 000 messages while offline, and its link breaks ten times while it reads them',
  async run({ installation, random, fault, untilAcked, until }) {
    const crowd = await Crowd.start(installation.stack, random, { devices: 1, history, urls: installation.podUrls })
    try {
      for (let cut = 1; cut <= cuts; cut++) {
        const goal = (history / (cuts + 1)) * cut
        await until(() => {
          if (crowd.shown < goal) throw new Error(`${crowd.shown} of ${goal} have arrived`)
        })
        await fault('cut', 'clients', async () => {
          for (const link of installation.linksTo('clients')) installation.cut(link)
        })
      }
      await until(() => {
        if (crowd.shown < history) throw new Error(`${crowd.shown} of ${history} have arrived`)
      })
      if (crowd.wrong.length > 0) throw new Error(crowd.wrong[0])
      if (crowd.shown !== history) throw new Error(`${crowd.shown} entries were shown`)
    } finally {
      crowd.stop()
    }
    await untilAcked(100)
  },
}
