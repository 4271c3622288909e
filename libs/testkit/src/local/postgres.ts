import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { endPreviousServer } from './end-previous-server.ts'
import { freePort } from './free-port.ts'
import { OperatorError } from './operator-error.ts'
import { type Exit, lastLines, type OwnedProcess, startOwnedProcess } from './owned-process.ts'
import { type PostgresAccount, postgresAccount } from './postgres-account.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import { untilReady } from './start-process.ts'

/** Recovery after a crash replays at most a few checkpoints; a start that takes longer is broken. */
const readyTimeoutMs = 60_000

const user = 'fastchat'
const database = 'fastchat'
const passwordFile = 'fastchat.password'

/** Durability is what an ack promises. Statements and values stay out of the log: they may hold what a user sent. */
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
  /** Made when absent, kept when present. One server at a time. */
  readonly dataDir: string
  /** A free one by default. */
  readonly port?: number
  /** Paths of PEM files: clients may ask for TLS then. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  readonly logFile?: string
  readonly log?: (line: string) => void
}

export type LocalPostgres = {
  readonly url: string
  readonly pid: number
  readonly exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
  /** A clean, fast shutdown: open connections are cut, nothing committed is lost. */
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL on 127.0.0.1 with its data in `dataDir`, with nothing but npm. A server left over from a killed run
 * is stopped first, so the caller must hold `dataDir` for itself. Throws OperatorError with PostgreSQL's last words.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<LocalPostgres> {
  const dataDir = resolve(options.dataDir)
  const [binaries, account, port] = await Promise.all([
    postgresBinaries(),
    postgresAccount(),
    options.port ?? freePort(),
  ])
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(dataDir, binaries, account)
  const password = await readFile(join(dataDir, passwordFile), 'utf8').catch((cause: unknown) => {
    throw new OperatorError(`${dataDir} was not made by FastChat: choose another DATA_DIR`, { cause })
  })
  await endPreviousServer(dataDir)

  const tls = options.tls && (await tlsSettings(options.tls, dataDir, account))
  const flags = Object.entries({ ...settings, ...tls }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = await startOwnedProcess({
    name: 'PostgreSQL',
    ...(await account.command(
      binaries.postgres,
      ['-D', dataDir, '-p', String(port), ...flags],
      [binaries.postgres, dataDir],
    )),
    env: { LC_ALL: 'C' },
    cwd: '/',
    logFile: options.logFile,
    onLine: options.log,
    stopSignal: 'SIGINT',
  })
  const url = `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`
  try {
    await untilReady(server, () => ensureDatabase(url), readyTimeoutMs)
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

/** PostgreSQL takes only a key that nobody but itself can read. */
async function tlsSettings(
  { certFile, keyFile }: NonNullable<StartPostgresOptions['tls']>,
  dataDir: string,
  account: PostgresAccount,
): Promise<Readonly<Record<string, string>>> {
  const ownKey = join(dataDir, 'server.key')
  await rm(ownKey, { force: true })
  await writeFile(ownKey, await readFile(keyFile), { mode: 0o600 })
  await account.own(ownKey)
  return { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: ownKey }
}

/** Builds the cluster beside its final place, so that a run killed half-way leaves nothing that looks finished. */
async function initialise(dataDir: string, binaries: PostgresBinaries, account: PostgresAccount): Promise<void> {
  const building = `${dataDir}.building`
  const passwordPath = `${dataDir}.password`
  await rm(building, { recursive: true, force: true })
  await mkdir(building, { recursive: true, mode: 0o700 })
  await account.own(building)
  const password = randomBytes(24).toString('base64url')
  await writeFile(passwordPath, password, { mode: 0o600 })
  await account.own(passwordPath)
  const args = ['-D', building, '-U', user, '-A', 'scram-sha-256', `--pwfile=${passwordPath}`, '-E', 'UTF8']
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const initdb = await startOwnedProcess({
    name: 'initdb',
    ...(await account.command(binaries.initdb, [...args, ...locale], [binaries.initdb, building])),
    env: { LC_ALL: 'C' },
    cwd: '/',
  })
  const { code } = await initdb.exited
  if (code !== 0) throw new OperatorError(`PostgreSQL could not make ${dataDir}: ${lastWords(initdb)}`)
  await rename(passwordPath, join(building, passwordFile))
  await rename(building, dataDir)
}

/** Also the readiness check: throws until the server takes connections. */
async function ensureDatabase(url: string): Promise<void> {
  const admin = new URL(url)
  admin.pathname = '/postgres'
  const client = new pg.Client({ connectionString: admin.href, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database])
    if (rowCount === 0) await client.query(`create database ${database}`)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The line of the log that says why, on one line. */
function lastWords(server: OwnedProcess): string {
  const lines = lastLines(server.output(), 12).split('\n')
  return (lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? '').trim() || 'it said nothing'
}
