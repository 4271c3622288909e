import { seededSeq } from '@fastchat/tests/seed'
import { type BenchStack, startBenchStack } from '../bench-stack.ts'
import { Drivers } from '../drivers.ts'
import { type Row, rowOf } from '../rows.ts'
import { seedHistory } from '../seed-history.ts'
import { fastChatOn } from '../systems/fastchat.ts'
import type { Bench } from './bench.ts'
import { measureStep } from './measure-step.ts'

const podCounts = [1, 2, 4]
const historyFactors = [1, 10, 100]
/** The load per pod stays the same: pods are added for more people, not to share the same load. */
const perSecondOfPod = 500

/**
 * Measures what a message costs as an installation grows: with more pods, and with a longer log.
 * The rate per pod is fixed, since the cost falls as the rate rises. The cost should not rise with
 * either.
 */
export async function benchGrowth(bench: Bench): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const pods of podCounts) {
    bench.say(`growth: starting ${pods} pod(s) …`)
    const cost = await costOfMessage(bench, pods, 0)
    const where = pods === 1 ? 'sender and receiver on one pod' : 'sender and receiver on different pods'
    const note = `${where}; ${pods * perSecondOfPod} msg/s`
    rows.push(rowOf({ name: `growth, CPU of all servers, ${pods} pod(s)`, unit: 'µs/msg', note }, cost))
  }
  for (const factor of historyFactors) {
    const stored = factor * bench.options.history
    bench.say(`growth: storing ${stored} messages …`)
    const cost = await costOfMessage(bench, 2, stored)
    const note = `in the conversations that are written to; ${2 * perSecondOfPod} msg/s on two pods`
    rows.push(rowOf({ name: `growth, CPU of all servers, ${stored} messages stored`, unit: 'µs/msg', note }, cost))
  }
  return rows
}

async function costOfMessage({ options, signal }: Bench, pods: number, stored: number): Promise<number> {
  const stack: BenchStack = await startBenchStack(pods)
  const system = fastChatOn(stack, { nodes: pods, conversations: 1 })
  const drivers = new Drivers(options.drivers)
  try {
    const pairs = await system.pairs(Math.floor(options.users / 2))
    const each = Math.ceil(stored / pairs.length)
    const conversations = pairs.map(({ conversation }) => conversation)
    if (each > 0) await seedHistory(stack.query, conversations, each, { isRead: true })
    await drivers.pair(pairs.map((pair) => ({ ...pair, lastSeq: seededSeq + each })))
    const { cpuOfAll } = await measureStep(
      { perSecond: pods * perSecondOfPod },
      { servers: system.servers, drivers, seconds: options.seconds, signal },
    )
    await system.checkStored((await drivers.rest()) + each * pairs.length)
    return cpuOfAll
  } finally {
    drivers.stop()
    await system.stop()
  }
}
