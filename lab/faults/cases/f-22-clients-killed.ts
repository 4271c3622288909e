import type { FaultCase } from '../fault-case.ts'
import { pick } from '../random.ts'

export const clientsKilled: FaultCase = {
  id: 'F-22',
  title: 'clients that encrypt are killed at any moment',
  isStarred: true,
  async run({ clients, random, fault, flows, pause }) {
    const people = clients.filter(({ kind }) => kind === 'sdk')
    for (let round = 0; round < 8; round++) {
      const victim = pick(random, people)
      await fault(
        'kill',
        'a client',
        () => pause(random() * 400).then(() => victim.kill()),
        () => victim.startAgain(),
      )
      await flows(30)
      await pause(random() * 1_500)
    }
  },
}
