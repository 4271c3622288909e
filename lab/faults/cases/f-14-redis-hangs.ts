import type { FaultCase } from '../fault-case.ts'

export const redisHangs: FaultCase = {
  id: 'F-14',
  title: 'packets to Redis, from Redis, or both are held back',
  async run({ installation, fault, untilAcked, pause }) {
    const links = installation.linksTo('redis')
    for (const blackHole of ['up', 'down', 'both'] as const) {
      await fault(
        `black hole ${blackHole}`,
        'redis',
        async () => {
          for (const link of links) installation.setLink(link, { blackHole })
          await untilAcked(100) // an ack needs no Redis
          await pause(10_000)
        },
        () => {
          for (const link of links) installation.setLink(link, {})
        },
      )
      await untilAcked(100)
    }
  },
}
