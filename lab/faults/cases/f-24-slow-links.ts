import type { FaultCase } from '../fault-case.ts'

export const slowLinks: FaultCase = {
  id: 'F-24',
  title: 'links of clients are slow, delay and split packets, and break',
  async run({ installation, fault, untilAcked, pause }) {
    const [one = '', other = '', third = ''] = installation.linksTo('clients')
    await fault(
      'bad links',
      'clients',
      async () => {
        installation.setLink(one, { bytesPerSecond: 4_000 })
        installation.setLink(other, { delayMs: 300, sliceBytes: 11 })
        installation.setLink(third, { cutAfterBytes: 100_000 })
        await pause(20_000)
      },
      () => {
        for (const link of [one, other, third]) installation.setLink(link, {})
      },
    )
    await untilAcked(100)
  },
}
