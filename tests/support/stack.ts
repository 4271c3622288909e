import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Exit,
  freePort,
  type LocalRedis,
  type OwnedProcess,
  startProcess,
  startRedis,
  testDatabase,
} from '@fastchat/testkit'
import { openFrontDoor } from '@fastchat/tools/front-door'
import { ensureSecrets, type Secrets } from '@fastchat/tools/secrets'
import { environmentOf } from './stack/environment-of.ts'
import { logsWithPassword } from './stack/logs-with-password.ts'
import { createSlots, host, type Slot } from './stack/process-slots.ts'
import { runQuery, whileHolding } from './stack/run-queries.ts'
import type { StackOptions } from './stack/stack-options.ts'

export type { StackOptions } from './stack/stack-options.ts'

const services = join(import.meta.dirname, '..', '..', 'services')

/**
 * A whole installation of real processes with its own database and Redis. Tests kill its parts and
 * start them again.
 */
export class Stack {
  readonly url: string
  readonly databaseUrl: string
  readonly folder: string
  /** The revision of the deployment. Pods started from now on get it. */
  revision = '1'
  readonly #secrets: Secrets
  readonly #options: StackOptions
  readonly #slots: Slot[]
  readonly #closers: (() => Promise<unknown>)[]
  readonly #redisUrl: string
  #redis: LocalRedis | undefined

  private constructor(made: {
    url: string
    databaseUrl: string
    folder: string
    secrets: Secrets
    options: StackOptions
    slots: Slot[]
    closers: (() => Promise<unknown>)[]
    redis: LocalRedis | undefined
  }) {
    this.url = made.url
    this.databaseUrl = made.databaseUrl
    this.folder = made.folder
    this.#secrets = made.secrets
    this.#options = made.options
    this.#slots = made.slots
    this.#closers = made.closers
    this.#redis = made.redis
    this.#redisUrl = made.redis?.url ?? made.options.redisUrl ?? ''
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'fastchat-e2e-'))
    await mkdir(join(folder, 'secrets'), { mode: 0o700 })
    if (options.secretsFolder !== undefined)
      await cp(options.secretsFolder, join(folder, 'secrets'), { recursive: true })
    const secrets = await ensureSecrets(join(folder, 'secrets'))
    const [database, redis] = await Promise.all([
      options.databaseUrl === undefined ? testDatabase() : { url: options.databaseUrl, drop: async () => {} },
      options.redisUrl === undefined
        ? startRedis({ password: secrets.redisPassword, logFile: join(folder, 'redis.log') })
        : undefined,
    ])
    const slots = await createSlots(options)
    let turn = 0
    const door = await openFrontDoor(
      await freePort(),
      (service, pod) => {
        const up = slots.filter((slot) => slot.service === service && slot.process)
        if (pod !== undefined) return up.find(({ name }) => name === pod)?.socketsAt
        const chosen = up[++turn % up.length]
        return chosen && `http://${host}:${chosen.port}`
      },
      {
        ...(options.trustProxy !== undefined && { proxies: [options.trustProxy] }),
        ...(options.web !== undefined && { web: options.web }),
      },
    )
    const closers = [() => rm(folder, { recursive: true, force: true }), database.drop, door.close]
    const stack = new Stack({
      url: door.url,
      databaseUrl: database.url,
      folder,
      secrets,
      options,
      slots,
      closers,
      redis,
    })
    try {
      await Promise.all(slots.map(({ name }) => stack.bringUp(name)))
    } catch (error) {
      await stack.stop()
      throw error
    }
    return stack
  }

  /** The file with the key that the operator's command needs. */
  get podHmacKeyFile(): string {
    return this.#secrets.podHmacKey
  }

  /** The file with the private keys that auth signs access tokens with. */
  get signingKeysFile(): string {
    return this.#secrets.signingKeys
  }

  get redis(): LocalRedis {
    if (!this.#redis) throw new Error('this stack has no Redis of its own')
    return this.#redis
  }

  /** The log files of all processes, and of Redis if it belongs to this stack. */
  get logFiles(): readonly string[] {
    const names = this.#slots.map(({ name }) => name)
    return [...names, ...(this.#redis ? ['redis'] : [])].map((name) => this.#logFile(name))
  }

  get podNames(): readonly string[] {
    return this.#slots.filter(({ service }) => service === 'chat').map(({ name }) => name)
  }

  process(name: string): OwnedProcess {
    const running = this.#slot(name).process
    if (!running) throw new Error(`${name} is not running`)
    return running
  }

  port(name: string): number {
    return this.#slot(name).port
  }

  /** Returns the URL of a process's health and metrics. */
  admin(name: string): string {
    return `http://${host}:${this.#slot(name).adminPort}`
  }

  /** Returns the WebSocket URL of one pod. */
  pod(n: number): string {
    return `ws://${host}:${this.port(`chat-${n}`)}/ws`
  }

  /** Starts a process that is down, with the port that it had. */
  async bringUp(name: string): Promise<void> {
    const slot = this.#slot(name)
    slot.process = await startProcess({
      name,
      file: join(services, slot.service, 'src', 'main.ts'),
      env: await this.#environment(slot),
      readyWhen: `http://${host}:${slot.adminPort}/readyz`,
      logFile: this.#logFile(name),
    })
  }

  /** Kills a process, as a crash would. */
  async kill(name: string): Promise<void> {
    const slot = this.#slot(name)
    const ended = slot.process
    slot.process = undefined
    ended?.kill('SIGKILL')
    await ended?.exited
  }

  /** Stops a process as an operator would. After `graceMs` it is killed. */
  async end(name: string, graceMs?: number): Promise<Exit | undefined> {
    const slot = this.#slot(name)
    const ended = slot.process
    slot.process = undefined
    return await ended?.stop(graceMs)
  }

  /** Runs a query on the database, behind the services' backs. */
  async sql(query: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return await runQuery(this.databaseUrl, query, values)
  }

  /**
   * Calls `work` while a transaction holds the rows that `query` locks. The servers' housekeeping
   * skips these rows meanwhile.
   */
  async holding(query: string, work: () => Promise<void>): Promise<void> {
    await whileHolding(this.databaseUrl, query, work)
  }

  /** Kills Redis and starts it again, empty. */
  async restartRedis(): Promise<void> {
    const { redis } = this
    const port = Number(new URL(redis.url).port)
    redis.kill('SIGKILL')
    await redis.exited
    this.#redis = await startRedis({ port, password: this.#secrets.redisPassword, logFile: this.#logFile('redis') })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#slots.map(({ process }) => process?.stop()))
    await this.#redis?.stop()
    const telling = logsWithPassword(this.logFiles)
    for (const close of this.#closers.toReversed()) await close()
    if (telling.length > 0) throw new Error(`the password of the tests' people is in ${telling.join(' and ')}`)
  }

  #slot(name: string): Slot {
    const slot = this.#slots.find((one) => one.name === name)
    if (!slot) throw new Error(`there is no ${name} in this stack`)
    return slot
  }

  #logFile(name: string): string {
    return join(this.folder, `${name}.log`)
  }

  async #environment(slot: Slot): Promise<Record<string, string>> {
    return await environmentOf(slot, {
      ...{ options: this.#options, secrets: this.#secrets, revision: this.revision },
      ...{ redisUrl: this.#redisUrl, databaseUrl: this.databaseUrl, authPort: this.port('auth') },
    })
  }
}
