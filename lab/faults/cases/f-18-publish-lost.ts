import type { FaultCase } from '../fault-case.ts'

export const publishLost: FaultCase = {
  id: 'F-18',
  title: 'the last words before a silence are lost on the way from Redis',
  isStarred: true,
  async run({ installation, clients, fault, flows, pause }) {
    const links = installation.linksTo('redis')
    for (let round = 0; round < 3; round++) {
      await fault(
        'discard',
        'redis',
        async () => {
          for (const link of links) installation.weather(link, { discard: 'down' })
          await flows(20)
          for (const client of clients) client.call({ t: 'send', perSecond: 0 })
          await pause(100)
        },
        () => {
          for (const link of links) installation.weather(link, {})
        },
      )
      // Nothing comes after it that would show what is missing.
      await pause(6_000)
      for (const client of clients) client.call({ t: 'send', perSecond: 50 })
      await flows(20)
    }
  },
}
