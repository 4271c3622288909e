import type { FaultCase } from '../fault-case.ts'

export const slowLinks: FaultCase = {
  id: 'F-24',
  title: 'the links of clients are slow, late and in crumbs, and break',
  async run({ installation, fault, flows, pause }) {
    const [one = '', other = '', third = ''] = installation.linksTo('clients')
    await fault(
      'bad links',
      'clients',
      async () => {
        installation.weather(one, { bytesPerSecond: 4_000 })
        installation.weather(other, { delayMs: 300, sliceBytes: 11 })
        installation.weather(third, { cutAfterBytes: 100_000 })
        await pause(20_000)
      },
      () => {
        for (const link of [one, other, third]) installation.weather(link, {})
      },
    )
    await flows(100)
  },
}
