import type { FaultCase } from '../fault-case.ts'
import { pick } from '../random.ts'

export const podsKilled: FaultCase = {
  id: 'F-01',
  title: 'a random pod is killed again and again',
  isStarred: true,
  async run({ installation, random, fault, untilAcked, pause }) {
    for (let round = 0; round < 5; round++) {
      const pod = pick(random, installation.pods)
      await fault(
        'kill',
        pod,
        () => installation.kill(pod).then(() => pause(500)),
        () => installation.bringUp(pod),
      )
      await untilAcked(100)
    }
  },
}
