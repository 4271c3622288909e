import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { askRedis } from './ask-redis.ts'
import { freePort } from './free-port.ts'
import { type OwnedProcess, startOwnedProcess } from './owned-process.ts'
import { type LocalRedis, redisProgram, redisTlsConfig, type StartRedisOptions, startRedis } from './redis.ts'

const masterName = 'fastchat'
const sentinelCount = 3
const settleTimeoutMs = 30_000

export type StartSentinelOptions = {
  readonly password: string
  /** The password of the Sentinels. */
  readonly sentinelPassword: string
  /** The silence after which the master is considered dead. */
  readonly downAfterMs?: number
  readonly tls?: StartRedisOptions['tls']
  /** More lines for redis.conf, for master and replica. */
  readonly config?: readonly string[]
}

export type LocalSentinel = {
  /** The URL in the form that REDIS_URL takes. */
  readonly url: string
  /** Returns the master, as the Sentinels see it. */
  master(): Promise<LocalRedis>
  replica(): Promise<LocalRedis>
  /**
   * Makes the replica the master, as an operator would. The old master keeps running as the
   * replica.
   */
  failover(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a master, a replica and three Sentinels on 127.0.0.1. Throws OperatorError if a server
 * does not start.
 */
export async function startSentinel(options: StartSentinelOptions): Promise<LocalSentinel> {
  const { password, sentinelPassword, downAfterMs = 1_000, tls } = options
  const dir = await mkdtemp(join(tmpdir(), 'fastchat-sentinel-'))
  const servers: LocalRedis[] = []
  const sentinels: { port: number; clientPort: number; process: OwnedProcess }[] = []
  const askSentinel = (at: number, command: string[]) => askRedis(sentinels[at]!.port, sentinelPassword, [command])

  async function startServer(): Promise<LocalRedis> {
    const [master] = servers
    const follow = master ? [`replicaof 127.0.0.1 ${master.clientPort}`] : []
    const config = [`masterauth ${password}`, 'repl-diskless-sync-delay 0', ...follow, ...(options.config ?? [])]
    return startRedis({ dir, password, config, ...(tls && { tls }) })
  }

  async function start(at: number): Promise<void> {
    const port = await freePort()
    const clientPort = tls ? await freePort() : port
    const file = join(dir, `sentinel-${at}.conf`) // Sentinels store their state in it.
    const config = [
      'bind 127.0.0.1',
      `port ${port}`,
      `dir "${dir}"`,
      `requirepass ${sentinelPassword}`,
      `sentinel sentinel-pass ${sentinelPassword}`,
      ...(tls ? redisTlsConfig(clientPort, tls) : []),
      `sentinel monitor ${masterName} 127.0.0.1 ${servers[0]!.clientPort} 2`,
      `sentinel auth-pass ${masterName} ${password}`,
      `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
      `sentinel failover-timeout ${masterName} 5000`,
    ]
    await writeFile(file, `${config.join('\n')}\n`, { mode: 0o600 })
    const command = await redisProgram(undefined)
    const process = await startOwnedProcess({ name: 'Sentinel', command, args: [file, '--sentinel'] })
    sentinels.push({ port, clientPort, process })
  }

  async function stop(): Promise<void> {
    for (const server of servers) server.kill('SIGCONT')
    await Promise.all([...servers, ...sentinels.map(({ process }) => process)].map((one) => one.stop()))
    await rm(dir, { recursive: true, force: true })
  }

  /** Throws unless each Sentinel knows the two others and the replica. */
  async function expectSettled(): Promise<void> {
    for (const at of sentinels.keys()) {
      const [reply] = await askSentinel(at, ['SENTINEL', 'MASTER', masterName])
      const words = (Array.isArray(reply) ? reply : []).map(String)
      const known = ['num-slaves', 'num-other-sentinels', 'flags'].map((name) => words[words.indexOf(name) + 1])
      if (known.join() !== '1,2,master') throw new Error(`a Sentinel knows ${known.join()}`)
    }
    const [link] = await askRedis((await replica()).port, password, [['INFO', 'replication']])
    if (!String(link).includes('master_link_status:up')) throw new Error('the replica does not follow')
  }
  const settled = () => eventually(expectSettled, { timeoutMs: settleTimeoutMs, everyMs: 100 })

  async function master(): Promise<LocalRedis> {
    const [reply] = await askSentinel(0, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName])
    const port = Number(Array.isArray(reply) ? reply[1] : Number.NaN)
    const found = servers.find(({ clientPort }) => clientPort === port)
    if (!found) throw new Error('the Sentinels name an unknown master')
    return found
  }
  async function replica(): Promise<LocalRedis> {
    const leader = await master()
    return servers.find((server) => server !== leader)!
  }

  try {
    for (let n = 0; n < 2; n++) servers.push(await startServer())
    for (let at = 0; at < sentinelCount; at++) await start(at)
    await settled()
  } catch (error) {
    await stop()
    throw error
  }
  const hosts = sentinels.map(({ clientPort }) => `127.0.0.1:${clientPort}`).join(',')
  return {
    url: `${tls ? 'rediss' : 'redis'}+sentinel://:${password}@${hosts}/${masterName}?sentinelPassword=${sentinelPassword}`,
    master,
    replica,
    async failover() {
      const former = await master()
      await settled()
      await askSentinel(0, ['SENTINEL', 'FAILOVER', masterName])
      await eventually(
        async () => {
          if ((await master()) === former) throw new Error('no failover yet')
        },
        { timeoutMs: settleTimeoutMs },
      )
    },
    stop,
  }
}
