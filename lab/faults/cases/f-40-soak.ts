import { nowMs } from '../clock.ts'
import type { FaultCase, World } from '../fault-case.ts'
import { pick } from '../random.ts'

export type SoakOptions = {
  /** Messages per second. Without it, the load of an ordinary case. */
  readonly perSecond?: number | undefined
  /** True for a Redis Cluster of 3 + 3. */
  readonly hasCluster?: boolean | undefined
}

type Nemesis = (world: World) => Promise<void>

const tellEveryMs = 30_000
/** Many devices, so that the round trips of one device do not limit the rate. */
const lightDevices = 12

/**
 * Makes a case that injects faults of all kinds at random moments, one or two at a time, for
 * `minutes`.
 */
export const soak = (minutes: number, { perSecond, hasCluster = false }: SoakOptions = {}): FaultCase => ({
  id: 'F-40',
  title: `random faults for ${minutes < 1 ? `${Math.round(minutes * 60)} s` : `${minutes} min`}${hasCluster ? ' on a Redis Cluster' : ''}`,
  isStarred: true,
  installation: { ownPostgres: true, hasCluster },
  ...(perSecond !== undefined && { load: { perSecond, lightDevices } }),
  async run(world) {
    const { random, untilAcked, pause } = world
    const choice = [...nemeses, ...(hasCluster ? clusterNemeses : redisNemeses)]
    const startedAt = nowMs()
    const endsAt = startedAt + minutes * 60_000
    let rounds = 0
    const tell = setInterval(() => void report(world, startedAt, rounds), tellEveryMs)
    try {
      for (; nowMs() < endsAt; rounds++) {
        const [one, other] = [pick(random, choice), pick(random, choice)]
        await Promise.all([
          one(world),
          ...(random() < 0.3 && one !== other ? [pause(random() * 1_000).then(() => other(world))] : []),
        ])
        await untilAcked(50)
        await pause(random() * 2_000)
      }
    } finally {
      clearInterval(tell)
    }
  },
})

async function report({ acked, say }: World, startedAt: number, rounds: number): Promise<void> {
  const seconds = (nowMs() - startedAt) / 1_000
  const messages = await acked()
  say(
    `  ${Math.round(seconds)} s: ${messages} acked (${Math.round(messages / seconds)} per second), ${rounds} rounds of faults`,
  )
}

const nemeses: readonly Nemesis[] = [
  ({ installation, fault, pause, random }) => {
    const pod = pick(random, installation.pods)
    const kill = () => installation.kill(pod).then(() => pause(random() * 3_000))
    return fault('kill', pod, kill, () => installation.bringUp(pod))
  },
  ({ installation, fault, pause, random }) => {
    const crash = () => installation.crashPostgres().then(() => pause(random() * 2_000))
    return fault('crash', 'postgres', crash, () => installation.startPostgres())
  },
  ({ installation, fault, pause, random }) => {
    const link = pick(random, installation.linksTo())
    const blackHole = pick(random, ['up', 'down', 'both'] as const)
    const hang = () => {
      installation.setLink(link, { blackHole })
      return pause(random() * 8_000)
    }
    return fault(`black hole ${blackHole}`, link, hang, () => installation.setLink(link, {}))
  },
  ({ installation, fault, random }) => {
    const link = pick(random, installation.linksTo())
    return fault('cut', link, async () => installation.cut(link, pick(random, ['reset', 'half-close'] as const)))
  },
  ({ installation, fault, pause, random }) => {
    const link = pick(random, installation.linksTo('clients'))
    const state = pick(random, [
      { delayMs: 200 },
      { sliceBytes: 7 },
      { bytesPerSecond: 8_000 },
      { cutAfterBytes: 50_000 },
    ])
    const worsen = () => {
      installation.setLink(link, state)
      return pause(random() * 4_000)
    }
    return fault('bad link', link, worsen, () => installation.setLink(link, {}))
  },
  ({ clients, fault, pause, random }) => {
    const victim = pick(
      random,
      clients.filter(({ kind }) => kind === 'sdk'),
    )
    return fault(
      'kill',
      'a client',
      () => victim.kill().then(() => pause(random() * 1_000)),
      () => victim.startAgain(),
    )
  },
]

const redisNemeses: readonly Nemesis[] = [
  ({ installation, fault }) => fault('kill', 'redis', () => installation.stack.restartRedis()),
]

const movedSlots = 500

/** The faults of a cluster come one at a time, since slots of a dead master cannot be moved. */
const clusterNemeses: readonly Nemesis[] = [
  async ({ installation: { cluster }, fault, random }) => {
    if (random() < 0.5) {
      const [from, to] = await cluster.masters()
      if (from && to) await fault('reshard', 'redis', () => cluster.moveSlots(from, to, movedSlots))
      return
    }
    const master = pick(random, await cluster.masters())
    await fault('kill', 'a master', () => cluster.kill(master).then(() => cluster.settled()))
    await cluster.restart(master)
    await cluster.settled()
  },
]
