import { setTimeout as delay } from 'node:timers/promises'
import { type GarbageCollector, garbageCollector } from '@fastchat/tests/garbage-collector'
import type { SocketPlan } from '../driver/calls.ts'
import { Drivers } from '../drivers.ts'
import { maxOpenFiles } from '../machine.ts'
import { startBare } from '../peers/bare.ts'
import { cpuOf, type Parts, rssOf } from '../proc.ts'
import { type Metric, type RivalName, type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'
import { withContenders } from './contenders.ts'

/**
 * These connections make a server load and compile the code of a connection, and are not counted.
 */
const warmUpConnections = 200
const maxSettleMs = 2_000
/** Files that a server keeps open besides its connections. */
const spareFiles = 500

/** The part of a system that the case uses. */
type Host = {
  readonly servers: Parts
  readonly nodes: readonly string[]
  idle(count: number): Promise<readonly SocketPlan[]>
}

type Figures = {
  /** Bytes by which the node's memory grew for each of the first connections. */
  readonly grown: number
  /**
   * The same after a garbage collection, where one can be forced; for the first connections, and
   * for all.
   */
  readonly held: number
  readonly heldByAll: number
  /** CPU of all servers to connect, in µs. */
  readonly perConnect: number
  /** CPU of all servers to hold all connections for a second, in µs per connection. */
  readonly perSecond: number
}

/**
 * Measures what a connection costs that only listens: authenticated, in conversations, with
 * everything delivered. Beside it stands a bare connection of the same library. The servers run one
 * after the other, so that each has the machine to itself.
 */
export async function benchIdle(bench: Bench): Promise<readonly Row[]> {
  const { options, say } = bench
  const { idle, conversations } = options
  const all = Math.min(options['idle-all'], (await maxOpenFiles()) - spareFiles)
  if (all < options['idle-all'])
    say(`idle: a process may open ${all + spareFiles} files, so ${all} connections are held at most`)
  const counts = { first: Math.min(idle, Math.floor(all / 2)), all }
  const figures = new Map<RivalName | 'ours', Figures>()
  const garbage = await garbageCollector()
  await withContenders(bench, { nodes: 1, conversations, env: garbage.env }, async (contenders) => {
    for (const { system, drivers } of contenders) {
      const canCollect = system.name !== 'ejabberd'
      figures.set(
        system.name,
        await hold(bench, system.name, system, drivers, counts, canCollect ? garbage : undefined),
      )
    }
  })
  const bare = await startBare(garbage.env)
  const drivers = new Drivers(options.drivers)
  try {
    figures.set('bare', await hold(bench, 'bare', bare, drivers, counts, garbage))
  } finally {
    drivers.stop()
    await bare.stop()
  }
  return rowsOf(figures, counts, conversations)
}

async function hold(
  { say, signal, options }: Bench,
  name: string,
  host: Host,
  drivers: Drivers,
  counts: { readonly first: number; readonly all: number },
  garbage: GarbageCollector | undefined,
): Promise<Figures> {
  const node = host.servers[host.nodes[0] ?? '']
  if (node === undefined) throw new Error(`${name} has no node`)
  const settledRss = async () => {
    await delay(Math.min(maxSettleMs, options.seconds * 1000), undefined, { signal })
    return await rssOf(node)
  }
  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await cpuOf(host.servers)
    await work()
    const after = await cpuOf(host.servers)
    return Object.keys(after).reduce((sum, part) => sum + (after[part] ?? 0) - (before[part] ?? 0), 0)
  }
  const collectedRss = async () => {
    await garbage?.collect(node)
    return await settledRss()
  }
  const rest = counts.all - counts.first
  const [warmUp, first, last] = [
    await host.idle(warmUpConnections),
    await host.idle(counts.first),
    await host.idle(rest),
  ]
  await drivers.connect(warmUp)
  const rss = await collectedRss()
  say(`idle, ${name}: connecting ${counts.first} devices …`)
  const connecting = await spent(() => drivers.connect(first))
  const grown = (await settledRss()) - rss
  const held = (await collectedRss()) - rss
  say(`idle, ${name}: connecting ${rest} more …`)
  await drivers.connect(last)
  const heldByAll = (await collectedRss()) - rss
  const holding = await spent(() => delay(options.seconds * 1000, undefined, { signal }))
  return {
    grown: grown / counts.first,
    held: held / counts.first,
    heldByAll: heldByAll / counts.all,
    perConnect: connecting / counts.first,
    perSecond: holding / options.seconds / counts.all,
  }
}

function rowsOf(
  figures: ReadonlyMap<RivalName | 'ours', Figures>,
  { first, all }: { readonly first: number; readonly all: number },
  conversations: number,
): readonly Row[] {
  const row = (metric: Metric, of: (figures: Figures) => number | undefined): Row[] => {
    const values = [...figures].map(([name, figure]) => [name, of(figure)] as const)
    const { ours, ...others } = Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Record<
      string,
      number
    >
    return ours === undefined ? [] : [rowOf(metric, ours, others)]
  }
  const targets = [{ atMost: 1.25, against: 'bare' as const }]
  const note = `RSS of the node; ours with session and ${conversations} conversation(s) each`
  const collected = 'without the garbage of connecting'
  return [
    ...row({ name: `idle, growth for a connection, ${first}`, unit: 'bytes', note }, ({ grown }) => grown),
    ...row(
      { name: `idle, held for a connection, ${first}`, unit: 'bytes', note: collected, targets },
      ({ held }) => held,
    ),
    ...row({ name: `idle, held for a connection, ${all}`, unit: 'bytes', targets }, ({ heldByAll }) => heldByAll),
    ...row({ name: 'idle, CPU of all servers to connect', unit: 'µs/connect' }, ({ perConnect }) => perConnect),
    ...row({ name: 'idle, CPU of all servers to hold for a second', unit: 'µs/connect' }, ({ perSecond }) => perSecond),
  ]
}
