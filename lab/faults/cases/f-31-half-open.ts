import type { FaultCase } from '../fault-case.ts'

export const halfOpen: FaultCase = {
  id: 'F-31',
  title: 'the link between clients and a pod goes silent without closing',
  async run({ installation, fault, untilAcked, pause }) {
    const link = 'clients>chat-0'
    await fault(
      'black hole',
      link,
      async () => {
        installation.setLink(link, { blackHole: 'both' })
        await pause(30_000)
      },
      () => {
        installation.cut(link)
        installation.setLink(link, {})
      },
    )
    await untilAcked(100)
  },
}
