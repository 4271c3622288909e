import { Crowd } from '../crowd.ts'
import type { FaultCase } from '../fault-case.ts'

const devices = 1_000
/** This stays within the credit of a connection. */
const history = 150
const ackWithinMs = 500

export const manyInitialSyncs: FaultCase = {
  id: 'F-07',
  title: '1 000 devices read their history at once, and sends are acked meanwhile',
  bounds: { openFiles: 1_300 },
  async run({ installation, random, fault, untilAcked, until }) {
    const sender = await Crowd.start(installation.stack, random, { devices: 2, urls: [installation.stack.pod(0)] })
    let crowd: Crowd | undefined
    try {
      const p99 = await sender.sendsWhile(50, () =>
        fault('initial syncs', 'pods', async () => {
          crowd = await Crowd.start(installation.stack, random, { devices, history, urls: installation.podUrls })
          await until(() => {
            if (crowd && crowd.shown < devices * history) throw new Error(`${crowd.shown} entries have arrived`)
          })
        }),
      )
      if (crowd && crowd.wrong.length > 0) throw new Error(crowd.wrong[0])
      if (p99 > ackWithinMs) throw new Error(`acks took ${Math.round(p99)} ms`)
    } finally {
      crowd?.stop()
      sender.stop()
    }
    await untilAcked(100)
  },
}
