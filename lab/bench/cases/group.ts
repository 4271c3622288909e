import type { Row } from '../rows.ts'
import type { Bench } from './bench.ts'
import { withContenders } from './contenders.ts'
import { type ContestMetric, contest } from './contest.ts'
import { findMax } from './find-max.ts'
import type { Step } from './measure-step.ts'

/** The most members that send. They take turns, on both nodes. */
const maxSenders = 10
const search = { maxP99Ms: 50, first: 1 }
const maxOutstanding = 256
const messagesPerSecond = 100
/**
 * The steady rate is measured only when the maximum is this much higher. A schedule closer to the
 * maximum could not be kept.
 */
const room = 1.2

type Turn = { readonly max: Step; readonly steady: Step }

/**
 * Measures one group over two nodes. Every message goes to every member, the sender's device
 * included.
 */
export async function benchGroup(bench: Bench): Promise<readonly Row[]> {
  const { members, outstanding } = bench.options
  const senders = Math.min(maxSenders, members)
  const most = Math.min(outstanding, maxOutstanding)
  bench.say(`group: starting two pods for ${members} members …`)
  return await withContenders(bench, { nodes: 2, conversations: 1 }, async (contenders) => {
    for (const { system, drivers } of contenders) await drivers.group(await system.group(members, senders))
    return await contest(
      bench,
      'group',
      contenders,
      metrics(members, senders),
      async ({ system, drivers }, measure) => {
        const max = await findMax(measure, { ...search, most })
        await drivers.rest()
        // On a machine that is too slow for the steady rate, the step of the maximum stands for it.
        const steady =
          max.rate > room * messagesPerSecond * members ? await measure({ perSecond: messagesPerSecond }) : max
        await system.checkStored(await drivers.rest())
        return { max, steady }
      },
    )
  })
}

/** Returns the CPU of these processes; `undefined` when a system has none of them. */
const partOf =
  (names: readonly string[]) =>
  ({ steady: { cpu } }: Turn): number | undefined => {
    const known = names.map((name) => cpu[name]).filter((micros) => micros !== undefined)
    return known.length > 0 ? known.reduce((sum, micros) => sum + micros, 0) : undefined
  }

function metrics(members: number, senders: number): readonly ContestMetric<Turn>[] {
  const cpu = { unit: 'µs/delivery', better: 'less' } as const
  return [
    {
      name: `group of ${members}, max deliveries`,
      unit: 'deliveries/s',
      better: 'more',
      of: ({ max }) => max.rate,
      note: `one group on two nodes, ${senders} senders; p99 ≤ ${search.maxP99Ms} ms unless the row below says more`,
      targets: [{ atLeast: 150_000 }],
    },
    { name: `group of ${members}, at max: p99`, unit: 'ms', better: 'less', of: ({ max }) => max.deliveryMs.p99 },
    { name: `group of ${members}, CPU of all servers at max`, ...cpu, of: ({ max }) => max.cpuOfAll },
    {
      name: `group of ${members}, CPU of all servers at ${messagesPerSecond} msg/s`,
      ...cpu,
      of: ({ steady }) => steady.cpuOfAll,
      targets: [
        { atMost: 0.33, against: 'ejabberd' },
        { atMost: 0.68, against: 'socketio' },
      ],
    },
    { name: `group of ${members}, CPU of PostgreSQL at ${messagesPerSecond} msg/s`, ...cpu, of: partOf(['postgres']) },
    { name: `group of ${members}, CPU of Redis at ${messagesPerSecond} msg/s`, ...cpu, of: partOf(['redis']) },
    {
      name: `group of ${members}, CPU of the nodes at ${messagesPerSecond} msg/s`,
      ...cpu,
      of: (turn, system) => partOf(system.nodes)(turn),
    },
    { name: `group of ${members}, CPU of the driver at max`, ...cpu, of: ({ max }) => max.driverCpu },
  ]
}
