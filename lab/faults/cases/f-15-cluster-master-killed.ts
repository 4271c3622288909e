import type { FaultCase } from '../fault-case.ts'

export const clusterMasterKilled: FaultCase = {
  id: 'F-15',
  title: 'a master of a Redis Cluster is killed',
  isStarred: true,
  installation: { hasCluster: true },
  async run({ installation: { cluster }, fault, flows }) {
    const [master] = await cluster.masters()
    if (!master) throw new Error('a cluster has masters')
    await fault('kill', 'a master', async () => {
      await cluster.kill(master)
      await flows(100) // an ack needs no Redis
      await cluster.settled()
    })
    await cluster.restart(master)
    await flows(200)
  },
}
