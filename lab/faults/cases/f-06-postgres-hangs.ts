import type { FaultCase } from '../fault-case.ts'

export const postgresHangs: FaultCase = {
  id: 'F-06',
  title: 'PostgreSQL answers nobody for 20 s',
  async run({ installation, fault, flows, pause }) {
    const links = installation.linksTo('postgres')
    const weather = (blackHole?: 'both') => {
      for (const link of links) installation.weather(link, blackHole ? { blackHole } : {})
    }
    await fault(
      'black hole',
      'postgres',
      () => {
        weather('both')
        return pause(20_000)
      },
      () => weather(),
    )
    await flows(200)
  },
}
