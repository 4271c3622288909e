import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { findOrInstall, firstThatRuns } from './find-program.ts'
import { freePort } from './free-port.ts'
import type { Package } from './install-package.ts'
import { OperatorError } from './operator-error.ts'
import { type Exit, lastLines, startOwnedProcess } from './owned-process.ts'
import { answerLimitMs, readyLimitMs, untilReady } from './start-process.ts'

export type StartRedisOptions = {
  /** The port; a free one by default. */
  readonly port?: number
  /** The working folder. Nothing is stored in it. */
  readonly dir?: string
  /** The password; none by default. It is passed on stdin, never on a command line. */
  readonly password?: string
  /**
   * Paths of PEM files. With them, a second port takes TLS, `url` names it, and servers use TLS
   * between them.
   */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string }
  /** More lines for redis.conf. */
  readonly config?: readonly string[]
  readonly logFile?: string
  readonly log?: (line: string) => void
}

export type LocalRedis = {
  readonly url: string
  /** The port without TLS. */
  readonly port: number
  /** The port that `url` names. Without TLS, it is `port`. */
  readonly clientPort: number
  readonly pid: number
  readonly exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

/**
 * Starts a real redis-server or valkey-server on 127.0.0.1. If the machine has none, it is
 * installed first. Nothing is persisted: FastChat keeps only hints in Redis, which it can make
 * again. Throws OperatorError.
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<LocalRedis> {
  const [program, port] = await Promise.all([redisProgram(options.log), options.port ?? freePort()])
  const clientPort = options.tls ? await freePort() : port
  const config = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir "${options.dir ?? tmpdir()}"`,
    'daemonize no',
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    // A pod that is this far behind is better disconnected: it then reads from Postgres. The
    // default disconnects it at a fourth of this.
    'client-output-buffer-limit pubsub 128mb 64mb 30',
    ...(options.password === undefined ? [] : [`requirepass ${options.password}`]),
    ...(options.tls ? redisTlsConfig(clientPort, options.tls) : []),
    ...(options.config ?? []),
  ]
  const server = await startOwnedProcess({
    name: 'Redis',
    command: program,
    args: ['-'],
    stdin: `${config.join('\n')}\n`,
    logFile: options.logFile,
    onLine: options.log,
  })
  try {
    await untilReady(server, () => expectItself(server.pid, port, options.password), readyLimitMs)
  } catch (cause) {
    await server.stop()
    const words = lastLines(server.output(), 1)
    throw new OperatorError(`Redis did not start on port ${port}: ${words}`, { cause })
  }
  const secret = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`
  return {
    url: `${options.tls ? 'rediss' : 'redis'}://${secret}127.0.0.1:${clientPort}`,
    port,
    clientPort,
    pid: server.pid,
    exited: server.exited,
    kill: server.kill,
    stop: async () => void (await server.stop(5_000)),
  }
}

/** Returns the lines of redis.conf for TLS. Sentinels take them, too. */
export function redisTlsConfig(port: number, tls: NonNullable<StartRedisOptions['tls']>): readonly string[] {
  return [
    `tls-port ${port}`,
    `tls-cert-file ${tls.certFile}`,
    `tls-key-file ${tls.keyFile}`,
    `tls-ca-cert-file ${tls.caFile}`,
    'tls-auth-clients no',
    'tls-replication yes',
  ]
}

const redis: Package = {
  name: 'Redis',
  apt: 'redis-server',
  dnf: ['valkey', 'redis'],
  brew: ['redis'],
  byHand: 'install redis-server (or valkey-server), or set REDIS_URL',
}

/** Returns the program of Redis (7.2 or later) or Valkey, and installs it if there is none. */
export const redisProgram = (log: ((line: string) => void) | undefined): Promise<string> =>
  findOrInstall(redis, () => firstThatRuns(['redis-server', 'valkey-server']), log)

/**
 * Throws unless the Redis on `port` is the process `pid`. If the port was taken, another Redis
 * would answer.
 */
async function expectItself(pid: number, port: number, password: string | undefined): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.setTimeout(answerLimitMs, () => socket.destroy(new Error('no answer')))
  socket.write(`${password === undefined ? '' : `AUTH ${password}\r\n`}INFO server\r\nQUIT\r\n`)
  const answer = await text(socket)
  if (!answer.includes(`process_id:${pid}\r\n`)) throw new Error(`another Redis answers on port ${port}`)
}
