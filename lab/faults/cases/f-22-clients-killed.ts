import type { FaultCase } from '../fault-case.ts'
import { pick } from '../random.ts'

export const clientsKilled: FaultCase = {
  id: 'F-22',
  title: 'encrypting clients are killed at random moments',
  isStarred: true,
  async run({ clients, random, fault, untilAcked, pause }) {
    const people = clients.filter(({ kind }) => kind === 'sdk')
    for (let round = 0; round < 8; round++) {
      const victim = pick(random, people)
      await fault(
        'kill',
        'a client',
        () => pause(random() * 400).then(() => victim.kill()),
        () => victim.startAgain(),
      )
      await untilAcked(30)
      await pause(random() * 1_500)
    }
  },
}
