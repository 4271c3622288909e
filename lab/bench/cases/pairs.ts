import { limits } from '@fastchat/schema'
import type { Row } from '../rows.ts'
import type { System } from '../systems/system.ts'
import type { Bench } from './bench.ts'
import { withContenders } from './contenders.ts'
import { type ContestMetric, contest } from './contest.ts'
import { findMax, type Measure } from './find-max.ts'
import type { Step } from './measure-step.ts'

const search = { maxP99Ms: 250, first: 64 }
const lowRate = 1_000
const highRate = 10_000
/** Rates above this share of the maximum are not scheduled: such a schedule could not be kept. */
const room = 0.85

type Turn = { readonly max: Step; readonly half: Step; readonly low: Step; readonly high: Step }

/**
 * Measures pairs of people, each sender on one node and each receiver on another. Our servers store
 * every message before they ack it. The number of outstanding messages doubles until the slowest
 * hundredth takes too long. Then half of the highest rate, and fixed rates to compare systems by,
 * are sent on a schedule.
 */
export async function benchPairs(bench: Bench): Promise<readonly Row[]> {
  const { options, say } = bench
  const count = Math.floor(options.users / 2)
  // A pod's writer queues 5 000 sends and rejects more; `outstanding` stays below that.
  const most = Math.min(count * limits.maxUnackedSends, options.outstanding)
  say('pairs: starting two pods …')
  return await withContenders(bench, { nodes: 2, conversations: 1 }, async (contenders) => {
    for (const { system, drivers } of contenders) await drivers.pair(await system.pairs(count))
    const rows = await contest(bench, 'pairs', contenders, metrics(count), async ({ system, drivers }, measure) => {
      const turn = await takeTurn(measure, () => drivers.rest(), most)
      await system.checkStored(await drivers.rest())
      return turn
    })
    return rows
  })
}

async function takeTurn(measure: Measure, rest: () => Promise<unknown>, most: number): Promise<Turn> {
  const max = await findMax(measure, { ...search, most })
  // When the machine is too slow for a rate, the step of the maximum stands for it.
  const at = async (perSecond: number) => {
    await rest() // messages of the last step must not delay this one
    return perSecond > room * max.rate ? max : await measure({ perSecond })
  }
  return { max, half: await at(max.rate / 2), low: await at(lowRate), high: await at(highRate) }
}

const cpuOf =
  (node: number) =>
  ({ max }: Turn, { name, nodes }: System): number | undefined =>
    name === 'ours' ? max.cpu[nodes[node] ?? ''] : undefined

function metrics(pairs: number): readonly ContestMetric<Turn>[] {
  const where = `${pairs} senders on one node, ${pairs} receivers on another`
  const ms = { unit: 'ms', better: 'less' } as const
  const cpu = { unit: 'µs/msg', better: 'less' } as const
  const share = { unit: '% of a core', better: 'less' } as const
  return [
    {
      name: 'pairs, max rate, stored before ack, delivered',
      unit: 'msg/s',
      better: 'more',
      of: ({ max }) => max.rate,
      note: `${where}; p99 ≤ ${search.maxP99Ms} ms unless the row below says more. socketio stores nothing`,
      targets: [{ atLeast: 10, against: 'ejabberd' }],
    },
    { name: 'pairs, at max: p99 to delivery', ...ms, of: ({ max }) => max.deliveryMs.p99 },
    {
      name: 'pairs, CPU of all servers at max',
      ...cpu,
      of: ({ max }) => max.cpuOfAll,
      targets: [{ atMost: 0.09, against: 'ejabberd' }],
    },
    { name: 'pairs, CPU of pod of the senders at max', ...cpu, of: cpuOf(0) },
    { name: 'pairs, CPU of pod of the receivers at max', ...cpu, of: cpuOf(1) },
    { name: 'pairs, CPU of Redis at max', ...cpu, of: ({ max }) => max.cpu.redis },
    { name: 'pairs, CPU of PostgreSQL at max', ...cpu, of: ({ max }) => max.cpu.postgres },
    { name: 'pairs, CPU of the driver at max', ...cpu, of: ({ max }) => max.driverCpu },
    { name: 'pairs, driver at max', ...share, of: ({ max }) => 100 * max.driverCores },
    { name: 'pairs, other programs at max', ...share, of: ({ max }) => 100 * max.otherCores },
    { name: 'pairs, at half: p50 to ack', ...ms, of: ({ half }) => half.ackMs?.p50 },
    { name: 'pairs, at half: p99 to ack', ...ms, of: ({ half }) => half.ackMs?.p99 },
    { name: 'pairs, at half: p50 to delivery', ...ms, of: ({ half }) => half.deliveryMs.p50 },
    {
      name: 'pairs, at half: p99 to delivery',
      ...ms,
      of: ({ half }) => half.deliveryMs.p99,
      targets: [{ atMost: 20 }],
    },
    { name: 'pairs, CPU of all servers at half', ...cpu, of: ({ half }) => half.cpuOfAll },
    { name: `pairs, CPU of all servers at ${lowRate}/s`, ...cpu, of: ({ low }) => low.cpuOfAll },
    { name: `pairs, rate on a schedule of ${highRate}/s`, unit: 'msg/s', better: 'more', of: ({ high }) => high.rate },
    {
      name: `pairs, CPU of all servers at ${highRate}/s`,
      ...cpu,
      of: ({ high }) => high.cpuOfAll,
      note: 'at its maximum where that is lower',
      targets: [{ atMost: 0.8, against: 'socketio' }],
    },
  ]
}
