import type { FaultCase } from '../fault-case.ts'

export const redisKilled: FaultCase = {
  id: 'F-13',
  title: 'Redis is killed and comes back empty',
  isStarred: true,
  async run({ installation, fault, untilAcked }) {
    for (let round = 0; round < 3; round++) {
      await fault('kill', 'redis', () => installation.stack.restartRedis())
      await untilAcked(100)
    }
  },
}
