import { type SeedDevice, seedConversations, seedDevices, seededSeq } from '@fastchat/tests/seed'
import { startBenchStack } from '../bench-stack.ts'
import { Drivers } from '../drivers.ts'
import { percentile } from '../percentile.ts'
import { cpuOf } from '../proc.ts'
import { type Row, rowOf } from '../rows.ts'
import { seedHistory } from '../seed-history.ts'
import type { Bench } from './bench.ts'

/** Conversations of each device. */
const conversations = 2

/**
 * Measures devices that come back to two pods, as fast as the driver can connect them. Each has
 * messages waiting in its conversations, reads them in order and acks them.
 */
export async function benchSync({ options, say, signal }: Bench): Promise<readonly Row[]> {
  const { devices: count, backlog } = options
  say(`sync: storing ${backlog} messages in ${conversations} conversations of ${count} devices …`)
  const { stack, query, servers, tokens } = await startBenchStack(2)
  const drivers = new Drivers(options.drivers)
  try {
    const [silent, ...devices] = await seedDevices(query, count + 1)
    const members = devices.flatMap((device) => Array<SeedDevice>(conversations).fill(device))
    const ids = await seedConversations(
      query,
      members.map((device) => ({ kind: 'group', between: [device, silent!] })),
    )
    await seedHistory(query, ids, backlog, { isRead: false })
    const signed = await tokens(devices)
    const plans = devices.map((_, n) => ({
      url: stack.pod(n % 2),
      token: signed[n]!,
      conversations: ids.slice(n * conversations, (n + 1) * conversations),
      firstSeq: seededSeq + 1,
      entries: backlog,
    }))
    signal.throwIfAborted()
    say(`sync: ${count} devices come back …`)
    const before = await cpuOf(servers)
    const startedAt = performance.now()
    const tookMs = await drivers.catchUp(plans)
    const seconds = (performance.now() - startedAt) / 1000
    const after = await cpuOf(servers)
    const spent = Object.keys(after).reduce((sum, part) => sum + (after[part] ?? 0) - (before[part] ?? 0), 0)
    const note = `${count} devices on two pods, ${conversations} × ${backlog} messages each, read in order and acked`
    return [
      rowOf({ name: 'sync, until all are synced', unit: 's', note }, seconds),
      rowOf({ name: 'sync, p99 of a device', unit: 'ms' }, percentile(tookMs, 0.99)),
      rowOf({ name: 'sync, CPU of all servers', unit: 'µs/device' }, spent / count),
      rowOf({ name: 'sync, delivered', unit: 'msg/s' }, (count * conversations * backlog) / seconds),
    ]
  } finally {
    drivers.stop()
    await stack.stop()
  }
}
