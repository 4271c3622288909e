import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type LocalPostgres,
  type LocalRedisCluster,
  migrate,
  startPostgres,
  startRedisCluster,
} from '@fastchat/testkit'
import { FaultProxy, type LinkState } from '@fastchat/tests/fault-proxy'
import { Stack } from '@fastchat/tests/stack'

const maxStarts = 60
const startPauseMs = 500

export type LinkEnd = 'postgres' | 'redis' | 'clients'

export type InstallationOptions = {
  readonly pods?: number
  /** True for a separate PostgreSQL, which the case may stop. */
  readonly ownPostgres?: boolean
  /** True for a Redis Cluster of 3 + 3 in place of one Redis. Its links can't be broken. */
  readonly hasCluster?: boolean
  /** Additional environment of all chat pods, and of one of them. */
  readonly podEnv?: Readonly<Record<string, string>>
  readonly envOfPod?: (pod: string) => Readonly<Record<string, string>>
}

/**
 * Lifts the rate limits of a device and a user, as a few devices send the traffic of many. Every
 * check stays on.
 */
const manyInOne = { SENDS_PER_SECOND: '100000', SEND_BURST: '100000', USER_SENDS_PER_SECOND: '100000' }

/**
 * A FastChat of real processes in which every link can be broken: `chat-0>redis`,
 * `chat-0>postgres`, `clients>chat-0`.
 */
export class Installation {
  readonly stack: Stack
  readonly pods: readonly string[]
  readonly #links: ReadonlyMap<string, FaultProxy>
  readonly #folder: string
  readonly #cluster: LocalRedisCluster | undefined
  #postgres: LocalPostgres | undefined
  readonly #down = new Set<string>()

  private constructor(made: {
    stack: Stack
    links: ReadonlyMap<string, FaultProxy>
    folder: string
    postgres: LocalPostgres | undefined
    cluster: LocalRedisCluster | undefined
  }) {
    const { stack } = made
    this.stack = stack
    this.#links = made.links
    this.#folder = made.folder
    this.#postgres = made.postgres
    this.#cluster = made.cluster
    this.pods = stack.podNames
  }

  static async start({
    pods = 3,
    ownPostgres = false,
    hasCluster = false,
    podEnv,
    envOfPod,
  }: InstallationOptions = {}): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), 'fastchat-faults-'))
    const postgres = ownPostgres ? await startPostgres({ dataDir: join(folder, 'postgres') }) : undefined
    if (postgres) await migrate(postgres.url)
    const cluster = hasCluster ? await startRedisCluster() : undefined
    const links = new Map<string, FaultProxy>()
    const reroute = async (from: string, to: LinkEnd, url: string): Promise<string> => {
      if ((!from.startsWith('chat-') && to !== 'postgres') || (to === 'redis' && hasCluster)) return url
      const name = to === 'clients' ? `clients>${from}` : `${from}>${to}`
      const address = new URL(url)
      const link = links.get(name) ?? (await FaultProxy.open(Number(address.port)))
      links.set(name, link)
      address.port = String(link.port)
      return address.href
    }
    const stack = await Stack.start({
      pods,
      podEnv: { ...manyInOne, ...podEnv },
      ...(envOfPod && { envOfPod }),
      reroute,
      ...(postgres && { databaseUrl: postgres.url }),
      ...(cluster && { redisUrl: cluster.url }),
    })
    return new Installation({ stack, links, folder, postgres, cluster })
  }

  /** Returns the address at which clients reach a pod through its link. */
  podUrl(pod: string): string {
    return `ws://127.0.0.1:${this.#link(`clients>${pod}`).port}/ws`
  }

  /** The addresses of all pods, through their links. */
  get podUrls(): readonly string[] {
    return this.pods.map((pod) => this.podUrl(pod))
  }

  setLink(link: string, state: LinkState): void {
    this.#link(link).set(state)
  }

  cut(link: string, how?: 'reset' | 'half-close'): void {
    this.#link(link).cut(how)
  }

  /** Returns the names of the links to `end`, or of all links. */
  linksTo(end?: LinkEnd): readonly string[] {
    const names = [...this.#links.keys()]
    if (end === undefined) return names
    return names.filter((name) => (end === 'clients' ? name.startsWith('clients>') : name.endsWith(`>${end}`)))
  }

  async kill(name: string): Promise<void> {
    this.#down.add(name)
    await this.stack.kill(name)
  }

  /**
   * Starts a process that is down. As an orchestrator does, retries when it can't start because
   * another part is broken.
   */
  async bringUp(name: string): Promise<void> {
    if (!this.#down.delete(name)) return
    for (let tries = 1; ; tries++) {
      try {
        return await this.stack.bringUp(name)
      } catch (error) {
        if (tries === maxStarts) throw error
        await delay(startPauseMs)
      }
    }
  }

  /**
   * Ends PostgreSQL as a power cut would, except that the kernel keeps its buffers. There is no
   * shutdown; the next start recovers from the log.
   */
  async crashPostgres(): Promise<void> {
    const running = this.#ownPostgres()
    running.kill('SIGQUIT')
    await running.exited
  }

  async startPostgres(): Promise<void> {
    const port = Number(new URL(this.#ownPostgres().url).port)
    this.#postgres = await startPostgres({ dataDir: join(this.#folder, 'postgres'), port })
  }

  /** Mends every link and starts every process that is down. */
  async heal(): Promise<void> {
    for (const link of this.#links.values()) link.set({})
    for (const name of [...this.#down]) await this.bringUp(name)
  }

  async stop(): Promise<void> {
    await this.stack.stop()
    await Promise.all([...this.#links.values()].map((link) => link.close()))
    await Promise.all([this.#postgres?.stop(), this.#cluster?.stop()])
    await rm(this.#folder, { recursive: true, force: true })
  }

  get cluster(): LocalRedisCluster {
    if (!this.#cluster) throw new Error('this installation has one Redis')
    return this.#cluster
  }

  #ownPostgres(): LocalPostgres {
    if (!this.#postgres) throw new Error('this installation shares its PostgreSQL with others')
    return this.#postgres
  }

  #link(name: string): FaultProxy {
    const link = this.#links.get(name)
    if (!link) throw new Error(`there is no link ${name}: ${[...this.#links.keys()].join(', ')}`)
    return link
  }
}
