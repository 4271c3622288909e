import type { FaultCase } from '../fault-case.ts'

export const halfOpen: FaultCase = {
  id: 'F-31',
  title: 'clients and a pod lose each other, and nobody says so',
  async run({ installation, fault, flows, pause }) {
    const link = 'clients>chat-0'
    await fault(
      'black hole',
      link,
      async () => {
        installation.weather(link, { blackHole: 'both' })
        await pause(30_000)
      },
      () => {
        installation.cut(link)
        installation.weather(link, {})
      },
    )
    await flows(100)
  },
}
