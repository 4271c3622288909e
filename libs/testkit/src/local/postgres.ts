import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { endPreviousServer } from './end-previous-server.ts'
import { freePort } from './free-port.ts'
import { OperatorError } from './operator-error.ts'
import { type Exit, startOwnedProcess } from './owned-process.ts'
import { type PostgresAccount, postgresAccount } from './postgres-account.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { isMade, lastWords, makeCluster, passwordFile } from './postgres-cluster.ts'
import { expectSameMajor } from './postgres-version.ts'
import { answerLimitMs, readyLimitMs, untilReady } from './start-process.ts'

const user = 'fastchat'
const database = 'fastchat'
/**
 * A setting with the path of the data folder. PostgreSQL does not use it. It shows in the list of
 * processes and to SQL which folder a server has.
 */
const folderSetting = 'fastchat.data_folder'

/**
 * The settings of the server. An ack promises durability. Statements and values stay out of the
 * log, since they may hold users' data.
 */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  client_connection_check_interval: '2s',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

export type StartPostgresOptions = {
  /**
   * The data folder. It is created when absent and kept when present. One server can use it at a
   * time.
   */
  readonly dataDir: string
  /** The port; a free one by default. */
  readonly port?: number
  /**
   * The folder where another version of PostgreSQL's npm package was installed; ours by default.
   */
  readonly programs?: string
  /** Paths of PEM files. With them, clients may ask for TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  readonly logFile?: string
  readonly log?: (line: string) => void
}

export type LocalPostgres = {
  readonly url: string
  readonly pid: number
  readonly exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
  /** Shuts down fast and cleanly: open connections are closed, and all committed data are kept. */
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL on 127.0.0.1 with its data in `dataDir`. It needs only npm. A server
 * left over from a killed run is stopped first, so no other process may be using `dataDir`. Throws
 * OperatorError with the last line of PostgreSQL's log.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<LocalPostgres> {
  const dataDir = resolve(options.dataDir)
  const account = await postgresAccount()
  const [binaries, port] = await Promise.all([postgresBinaries(account, options.programs), options.port ?? freePort()])
  if (!(await isMade(dataDir))) await makeCluster(dataDir, user, binaries, account)
  const password = await readFile(join(dataDir, passwordFile), 'utf8').catch((cause: unknown) => {
    throw new OperatorError(`${dataDir} was not made by FastChat: choose another DATA_DIR`, { cause })
  })
  await expectSameMajor(dataDir, binaries.postgres)
  await endPreviousServer(dataDir)
  await account.adopt(dataDir) // It was made where there is no account but root.

  const tls = options.tls && (await tlsSettings(options.tls, dataDir, account))
  const flags = Object.entries({ ...settings, ...tls, [folderSetting]: dataDir }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const server = await startOwnedProcess({
    name: 'PostgreSQL',
    ...account.command(binaries.postgres, ['-D', await account.pathInside(dataDir), '-p', String(port), ...flags]),
    env: { LC_ALL: 'C' },
    cwd: dataDir,
    logFile: options.logFile,
    onLine: options.log,
    stopSignal: 'SIGINT',
  })
  const url = `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`
  try {
    await untilReady(server, () => ensureDatabase(url), readyLimitMs)
  } catch (cause) {
    await server.stop()
    throw new OperatorError(`PostgreSQL did not start in ${dataDir}: ${lastWords(server)}`, { cause })
  }
  return {
    url,
    pid: server.pid,
    exited: server.exited,
    kill: server.kill,
    stop: async () => void (await server.stop(20_000)),
  }
}

/**
 * Copies the key and the certificate to the data folder and returns their settings. PostgreSQL
 * refuses a key that another account can read.
 */
async function tlsSettings(
  { certFile, keyFile }: NonNullable<StartPostgresOptions['tls']>,
  dataDir: string,
  account: PostgresAccount,
): Promise<Readonly<Record<string, string>>> {
  for (const [from, name] of [
    [certFile, 'server.crt'],
    [keyFile, 'server.key'],
  ] as const) {
    const own = join(dataDir, name)
    await rm(own, { force: true })
    await writeFile(own, await readFile(from), { mode: 0o600 })
    await account.own(own)
  }
  return { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key' }
}

/**
 * Creates our database if it is missing. Throws until the server accepts connections, so it is also
 * the readiness check.
 */
async function ensureDatabase(url: string): Promise<void> {
  const admin = new URL(url)
  admin.pathname = '/postgres'
  const client = new pg.Client({ connectionString: admin.href, connectionTimeoutMillis: answerLimitMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
    if (rowCount === 0) await client.query(`create database ${database}`)
  } finally {
    await client.end().catch(() => undefined)
  }
}
