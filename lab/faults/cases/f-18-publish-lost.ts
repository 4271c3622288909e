import type { FaultCase } from '../fault-case.ts'

export const publishLost: FaultCase = {
  id: 'F-18',
  title: 'the last publishes before a pause are lost on the way from Redis',
  isStarred: true,
  async run({ installation, clients, fault, untilAcked, pause }) {
    const links = installation.linksTo('redis')
    for (let round = 0; round < 3; round++) {
      await fault(
        'discard',
        'redis',
        async () => {
          for (const link of links) installation.setLink(link, { discard: 'down' })
          await untilAcked(20)
          for (const client of clients) client.call({ t: 'send', perSecond: 0 })
          await pause(100)
        },
        () => {
          for (const link of links) installation.setLink(link, {})
        },
      )
      // No later entry follows that would reveal the missing ones.
      await pause(6_000)
      for (const client of clients) client.call({ t: 'send', perSecond: 50 })
      await untilAcked(20)
    }
  },
}
