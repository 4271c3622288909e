import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { findOrInstall, firstThatRuns } from './find-program.ts'
import { freePort } from './free-port.ts'
import type { Package } from './install-package.ts'
import { OperatorError } from './operator-error.ts'
import { type Exit, lastLines, startOwnedProcess } from './owned-process.ts'
import { postgresAccount } from './postgres-account.ts'
import { answerLimitMs, readyLimitMs, untilReady } from './start-process.ts'

export type StartPgBouncerOptions = {
  /** The URL of the PostgreSQL behind it. Its user may log in to both. */
  readonly databaseUrl: string
  /** More users that may log in, with their passwords. */
  readonly users?: Readonly<Record<string, string>>
  /** The port; a free one by default. */
  readonly port?: number
  /** The number of connections to PostgreSQL for each user. */
  readonly poolSize: number
  /** Receives a line when pgbouncer has to be installed. */
  readonly log?: (line: string) => void
}

export type LocalPgBouncer = {
  /** The URL for clients, with the user of `databaseUrl`. */
  readonly url: string
  /** The URL of the console, which takes pgbouncer's commands as SQL. */
  readonly consoleUrl: string
  readonly port: number
  readonly exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
  stop(): Promise<void>
}

/**
 * Starts a real pgbouncer in transaction mode on 127.0.0.1, with the default of every setting that
 * changes what clients may do. If the machine has none, it is installed first. Throws
 * OperatorError.
 */
export async function startPgBouncer(options: StartPgBouncerOptions): Promise<LocalPgBouncer> {
  const { databaseUrl, users = {}, poolSize, log } = options
  const [program, account, port] = await Promise.all([
    findOrInstall(pgbouncer, findPgBouncer, log),
    postgresAccount(),
    options.port ?? freePort(),
  ])
  const target = new URL(databaseUrl)
  const url = new URL(databaseUrl)
  url.port = String(port)
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-pgbouncer-'))
  await account.own(folder) // Like PostgreSQL, it does not run as root.
  const folderInside = await account.pathInside(folder)
  const own = async (name: string, lines: readonly string[]) => {
    const path = join(folder, name)
    await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 })
    await account.own(path)
    return join(folderInside, name)
  }
  const known = Object.entries({ [target.username]: target.password, ...users })
  const userFile = await own(
    'users.txt',
    known.map(([user, password]) => `"${user}" "${password}"`),
  )
  const config = await own('pgbouncer.ini', [
    '[databases]',
    `* = host=${target.hostname} port=${target.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${userFile}`,
    'pool_mode = transaction',
    `default_pool_size = ${poolSize}`,
    'max_client_conn = 500',
    `admin_users = ${target.username}`,
  ])
  const server = await startOwnedProcess({
    name: 'pgbouncer',
    ...account.command(program, [config]),
    cwd: folder,
  })
  const clean = () => rm(folder, { recursive: true, force: true })
  try {
    await untilReady(server, () => expectAnswer(url.href), readyLimitMs)
  } catch (cause) {
    await server.stop()
    await clean()
    throw new OperatorError(`pgbouncer did not start on port ${port}: ${lastLines(server.output(), 1)}`, { cause })
  }
  const consoleUrl = new URL(url)
  consoleUrl.pathname = '/pgbouncer'
  return {
    url: url.href,
    consoleUrl: consoleUrl.href,
    port,
    exited: server.exited.finally(clean),
    kill: server.kill,
    stop: async () => {
      await server.stop(5_000)
      await clean()
    },
  }
}

const pgbouncer: Package = {
  name: 'pgbouncer',
  apt: 'pgbouncer',
  dnf: ['pgbouncer'],
  brew: ['pgbouncer'],
  byHand: 'install pgbouncer',
}

/**
 * Returns the command or path of pgbouncer. On Debian, /usr/sbin is not on the PATH of ordinary
 * users.
 */
const findPgBouncer = () => firstThatRuns(['pgbouncer', '/usr/sbin/pgbouncer'])

async function expectAnswer(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: answerLimitMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
  } finally {
    await client.end().catch(() => undefined)
  }
}
