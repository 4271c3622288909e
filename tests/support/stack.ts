import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceName } from '@fastchat/schema'
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
import pg from 'pg'
import { needles } from './needles.ts'
import { password } from './person.ts'

const services = join(import.meta.dirname, '..', '..', 'services')
const host = '127.0.0.1'

/**
 * The limits of chat pods in tests. All clients have one address and a few users send much. On a
 * slow machine, being late is not overload.
 */
const oneAddress = {
  USER_SENDS_PER_SECOND: '1000',
  USER_SEND_BURST: '10000',
  CONNECTS_PER_SECOND: '10000',
  CONNECT_BURST: '10000',
  HANDSHAKES_PER_SECOND: '10000',
  WAITING_PER_ADDRESS: '10000',
  REQUESTS_PER_SECOND: '10000',
  REQUEST_BURST: '100000',
  CHANGES_PER_SECOND: '1000',
  CHANGE_BURST: '10000',
  UPLOADS_PER_SECOND: '1000',
  UPLOAD_BURST: '10000',
  SHED_SOCKETS_AT_MS: '60000',
  SHED_SENDS_AT_MS: '60000',
}

export type StackOptions = {
  readonly pods?: number
  readonly logLevel?: 'info' | 'trace'
  /** More variables for the chat pods. */
  readonly podEnv?: Readonly<Record<string, string>>
  /** Returns more variables for the chat pod of this name. */
  readonly envOfPod?: (name: string) => Readonly<Record<string, string>>
  readonly authEnv?: Readonly<Record<string, string>>
  /** More variables for all services. */
  readonly env?: Readonly<Record<string, string>>
  /** The address of a proxy before the front door. */
  readonly trustProxy?: string
  /** The folder of the page's files. */
  readonly web?: string
  /** The database to use instead of a new one on the tests' PostgreSQL. */
  readonly databaseUrl?: string
  /** A folder with the secrets of an earlier installation, to use instead of new ones. */
  readonly secretsFolder?: string
  /** The Redis to use instead of a new one. */
  readonly redisUrl?: string
  /**
   * Returns the URL at which a process finds PostgreSQL or Redis, or at which the front door finds
   * a pod for clients. `url` is the direct one.
   */
  readonly reroute?: (from: string, to: 'postgres' | 'redis' | 'clients', url: string) => Promise<string>
}

type Slot = {
  readonly name: string
  readonly service: ServiceName
  readonly port: number
  /** The port for health, metrics and drain. */
  readonly adminPort: number
  process: OwnedProcess | undefined
  /** The URL to which the front door passes WebSockets that name this pod. */
  socketsAt: string
}

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
    const names: [string, ServiceName][] = [
      ['auth', 'auth'],
      ['balancer', 'balancer'],
    ]
    for (let n = 0; n < (options.pods ?? 2); n++) names.push([`chat-${n}`, 'chat'])
    const slots: Slot[] = []
    for (const [name, service] of names) {
      const [port, adminPort] = [await freePort(), await freePort()]
      const direct = `http://${host}:${port}`
      const socketsAt = service === 'chat' && options.reroute ? await options.reroute(name, 'clients', direct) : direct
      slots.push({ name, service, port, adminPort, process: undefined, socketsAt })
    }
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
      env: await this.#env(slot),
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
    const client = new pg.Client({ connectionString: this.databaseUrl })
    client.on('error', () => undefined) // The running query rejects, too.
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(query, values)).rows
    } finally {
      await client.end()
    }
  }

  /**
   * Calls `work` while a transaction holds the rows that `query` locks. The servers' housekeeping
   * skips these rows meanwhile.
   */
  async holding(query: string, work: () => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: this.databaseUrl })
    await client.connect()
    try {
      await client.query('begin')
      await client.query(query)
      await work()
    } finally {
      await client.end()
    }
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
    const telling = this.logFiles.filter((path) => existsSync(path) && holdsPassword(readFileSync(path)))
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

  async #env({ name, service, port, adminPort }: Slot): Promise<Record<string, string>> {
    const reroute = this.#options.reroute ?? (async (_from, _to, url) => url)
    const common = {
      NODE_ENV: 'production',
      HOST: host,
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      LOG_LEVEL: this.#options.logLevel ?? 'info',
      REDIS_URL: await reroute(name, 'redis', this.#redisUrl),
      AUTH_ISSUER: 'fastchat',
      AUTH_JWKS_URL: `http://${host}:${this.port('auth')}/.well-known/jwks.json`,
      ...this.#options.env,
    }
    if (service === 'balancer') return { ...common, POD_HMAC_KEY_FILE: this.#secrets.podHmacKey }
    const proxy = this.#options.trustProxy
    const stored = {
      ...common,
      ...(proxy !== undefined && { TRUST_PROXY: `${host},${proxy}` }),
      DATABASE_URL: await reroute(name, 'postgres', this.databaseUrl),
    }
    if (service === 'auth') {
      return {
        ...stored,
        AUTH_SIGNING_KEYS_FILE: this.#secrets.signingKeys,
        REFRESH_KEY_FILE: this.#secrets.refreshKey,
        KDF_PEPPER_FILE: this.#secrets.kdfPepper,
        POD_HMAC_KEY_FILE: this.#secrets.podHmacKey,
        ...this.#options.authEnv,
      }
    }
    return {
      ...stored,
      POD_NAME: name,
      POD_HMAC_KEY_FILE: this.#secrets.podHmacKey,
      POD_REVISION: this.revision,
      ...oneAddress,
      ...this.#options.podEnv,
      ...this.#options.envOfPod?.(name),
    }
  }
}

const passwords = needles(new TextEncoder().encode(password))
const holdsPassword = (bytes: Buffer): boolean => passwords.some((needle) => bytes.includes(needle))
