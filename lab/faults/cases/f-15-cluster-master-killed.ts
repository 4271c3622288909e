import type { FaultCase } from '../fault-case.ts'

export const clusterMasterKilled: FaultCase = {
  id: 'F-15',
  title: 'a master of a Redis Cluster is killed',
  isStarred: true,
  installation: { hasCluster: true },
  async run({ installation: { cluster }, fault, untilAcked }) {
    const [master] = await cluster.masters()
    if (!master) throw new Error('the cluster has no masters')
    await fault('kill', 'a master', async () => {
      await cluster.kill(master)
      await untilAcked(100) // an ack needs no Redis
      await cluster.settled()
    })
    await cluster.restart(master)
    await untilAcked(200)
  },
}
