import type { FaultCase } from '../fault-case.ts'

export const postgresHangs: FaultCase = {
  id: 'F-06',
  title: 'PostgreSQL does not answer for 20 s',
  async run({ installation, fault, untilAcked, pause }) {
    const links = installation.linksTo('postgres')
    const setLinks = (blackHole?: 'both') => {
      for (const link of links) installation.setLink(link, blackHole ? { blackHole } : {})
    }
    await fault(
      'black hole',
      'postgres',
      () => {
        setLinks('both')
        return pause(20_000)
      },
      () => setLinks(),
    )
    await untilAcked(200)
  },
}
