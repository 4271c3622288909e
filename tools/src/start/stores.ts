import { connect } from 'node:net'
import { ConnectError, MigrationError, migrate } from '@fastchat/db/migrate'
import { freePort, OperatorError, redisProgram, startPostgres, startRedis } from '@fastchat/testkit/local'
import { keepRunning } from './keep-running.ts'
import type { Run } from './run.ts'

export type Stores = { readonly databaseUrl: string; readonly redisUrl: string }

const defaultRedisPort = 6379

/**
 * Opens the stores that the environment names, otherwise the launcher's stores, and migrates the
 * database. Throws OperatorError.
 */
export async function openStores(run: Run): Promise<Stores> {
  const { config } = run
  if (config.redisUrl !== undefined) await expectListening(config.redisUrl, 'REDIS_URL')
  // A missing Redis is reported before anything is started.
  else await redisProgram(tellsInstalling(run))
  const databaseUrl = config.databaseUrl ?? (await keepPostgres(run))
  run.signal.throwIfAborted()
  const redisUrl = config.redisUrl ?? (await keepRedis(run))
  run.signal.throwIfAborted()
  await bringUpToDate(databaseUrl, run)
  return { databaseUrl, redisUrl }
}

async function keepPostgres({ folder, say, closers, clock }: Run): Promise<string> {
  say('Starting PostgreSQL …')
  const logFile = await folder.logFile('postgres')
  const port = await freePort()
  let url = ''
  const start = async () => {
    const postgres = await startPostgres({ dataDir: folder.postgres, port, logFile })
    url = postgres.url
    return postgres
  }
  closers.push((await keepRunning('PostgreSQL', start, say, { clock })).stop)
  return url
}

async function keepRedis({ folder, secrets, say, closers, clock }: Run): Promise<string> {
  say('Starting Redis …')
  const logFile = await folder.logFile('redis')
  const port = await freePort()
  const log = tellsInstalling({ say })
  let url = ''
  const start = async () => {
    const redis = await startRedis({ port, password: secrets.redisPassword, logFile, log })
    url = redis.url
    return redis
  }
  closers.push((await keepRunning('Redis', start, say, { clock })).stop)
  return url
}

function tellsInstalling({ say }: Pick<Run, 'say'>): (line: string) => void {
  return (line) => line.startsWith('Installing') && say(line)
}

async function bringUpToDate(databaseUrl: string, { say }: Run): Promise<void> {
  say('Preparing the database …')
  try {
    await migrate(databaseUrl)
  } catch (cause) {
    // A TypeError means that the URL was rejected.
    if (cause instanceof MigrationError || cause instanceof ConnectError || cause instanceof TypeError)
      throw new OperatorError(cause.message, { cause })
    const { code = 'no connection' } = cause as NodeJS.ErrnoException // errors of pg and of sockets have codes
    throw new OperatorError(`the database can't be used (${code}): check DATABASE_URL and that it is running`, {
      cause,
    })
  }
}

/** Checks that a store listens. One clear line now replaces a failure of every service later. */
async function expectListening(url: string, variable: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[(.*)\]$/, '$1') // a URL has brackets around an IPv6 address
  const target = { host, port: Number(port || defaultRedisPort) }
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ ...target, timeout: 5_000 }, () => {
      socket.destroy()
      resolve()
    })
    socket.once('timeout', () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
  }).catch((cause: unknown) => {
    throw new OperatorError(`nothing answers at ${hostname}:${target.port}: check ${variable}`, { cause })
  })
}
