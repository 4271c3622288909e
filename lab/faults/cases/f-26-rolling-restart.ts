import type { FaultCase, World } from '../fault-case.ts'

const maxReconnects = 1.5

export const rollingRestart: FaultCase = {
  id: 'F-26',
  title: 'every pod is replaced in turn, as in a rolling update: clients reconnect at most 1.5 times on average',
  isStarred: true,
  // Devices on the first pod move twice. With this many devices they are hardly ever more than
  // half.
  load: { lightDevices: 60 },
  async run(world) {
    const { installation, fault, untilAcked } = world
    const { stack } = installation
    const before = await connectsOf(world)
    stack.revision = '2'
    for (const pod of installation.pods) {
      await fault('restart', pod, async () => {
        const exit = await stack.end(pod)
        if (exit?.code !== 0) throw new Error(`${pod} ended with ${exit?.code}`)
        await stack.bringUp(pod)
      })
      await untilAcked(50)
    }
    const after = await connectsOf(world)
    const each = (after.connects - before.connects) / after.devices
    if (each > maxReconnects) throw new Error(`each client reconnected ${each.toFixed(2)} times on average`)
  },
}

async function connectsOf({ clients }: World): Promise<{ connects: number; devices: number }> {
  const statuses = await Promise.all(clients.map((client) => client.status()))
  const devices = new Set(statuses.flatMap((status) => status?.cursors.map(({ device }) => device) ?? []))
  return { connects: statuses.reduce((sum, status) => sum + (status?.connects ?? 0), 0), devices: devices.size }
}
