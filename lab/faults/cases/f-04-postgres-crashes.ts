import type { FaultCase } from '../fault-case.ts'

export const postgresCrashes: FaultCase = {
  id: 'F-04',
  title: 'PostgreSQL crashes and recovers',
  isStarred: true,
  installation: { ownPostgres: true },
  async run({ installation, fault, untilAcked, pause }) {
    for (let round = 0; round < 3; round++) {
      await fault(
        'crash',
        'postgres',
        () => installation.crashPostgres().then(() => pause(1_000)),
        () => installation.startPostgres(),
      )
      await untilAcked(100)
    }
  },
}
