import type { FaultCase } from '../fault-case.ts'

/** A cluster has 16 384 slots. */
const slots = 2_000

export const clusterResharded: FaultCase = {
  id: 'F-16',
  title: 'a Redis Cluster moves 2 000 slots back and forth',
  isStarred: true,
  installation: { hasCluster: true },
  async run({ installation: { cluster }, fault, untilAcked }) {
    for (let round = 0; round < 2; round++) {
      const [one, other] = await cluster.masters()
      if (!one || !other) throw new Error('the cluster has fewer than two masters')
      for (const [from, to] of [[one, other] as const, [other, one] as const]) {
        await fault('reshard', 'redis', () => cluster.moveSlots(from, to, slots))
        await untilAcked(50)
      }
    }
  },
}
