import type { FaultCase } from '../fault-case.ts'

export const redisHangs: FaultCase = {
  id: 'F-14',
  title: 'nothing gets through to Redis, or back, or either',
  async run({ installation, fault, flows, pause }) {
    const links = installation.linksTo('redis')
    for (const blackHole of ['up', 'down', 'both'] as const) {
      await fault(
        `black hole ${blackHole}`,
        'redis',
        async () => {
          for (const link of links) installation.weather(link, { blackHole })
          await flows(100) // an ack needs no Redis
          await pause(10_000)
        },
        () => {
          for (const link of links) installation.weather(link, {})
        },
      )
      await flows(100)
    }
  },
}
