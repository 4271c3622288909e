import type { FaultCase } from '../fault-case.ts'

export const partitions: FaultCase = {
  id: 'F-20',
  title: 'a pod is cut off from Redis, then from PostgreSQL',
  async run({ installation, fault, untilAcked, pause }) {
    for (const end of ['redis', 'postgres'] as const) {
      const link = `chat-0>${end}`
      await fault(
        'partition',
        link,
        async () => {
          installation.setLink(link, { blackHole: 'both' })
          await untilAcked(100)
          await pause(20_000)
        },
        () => installation.setLink(link, {}),
      )
      await untilAcked(100)
    }
  },
}
