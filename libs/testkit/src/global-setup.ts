import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@fastchat/db/migrate'
import { startPostgres, startRedis } from './local/index.ts'
import { runAdmin, templateDatabase } from './test-database.ts'

/**
 * The stores of this run. vitest loads this file once for each project, all in one process, so the
 * variable is global.
 */
const shared = globalThis as typeof globalThis & { fastchatTestStores?: Promise<Stores> | undefined }
type Stores = { users: number; readonly stop: () => Promise<void> }

/**
 * Starts one PostgreSQL and one Redis for a vitest run, in a temporary folder and on free ports.
 * Two runs, or a run and `npm start`, do not share them. Workers read their URLs from
 * FASTCHAT_TEST_POSTGRES and FASTCHAT_TEST_REDIS.
 *
 * vitest calls this function once for each project and calls the returned functions at the end, in
 * any order. The first call starts the stores and the last return stops them.
 */
export default async function setup(): Promise<() => Promise<void>> {
  shared.fastchatTestStores ??= start()
  const stores = await shared.fastchatTestStores
  stores.users++
  return async () => {
    if (--stores.users > 0) return
    shared.fastchatTestStores = undefined
    await stores.stop()
  }
}

async function start(): Promise<Stores> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-test-'))
  await chmod(folder, 0o711) // When we are root, PostgreSQL runs as another account.
  const postgresLog = join(folder, 'postgres.log')
  const say = (line: string) => line.startsWith('Installing') && console.log(line)
  const [postgres, redis] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres'), logFile: postgresLog }),
    startRedis({ dir: folder, log: say }),
  ])
  await runAdmin(postgres.url, `create database ${templateDatabase}`)
  const template = new URL(postgres.url)
  template.pathname = `/${templateDatabase}`
  await migrate(template.href)
  process.env.FASTCHAT_TEST_POSTGRES = postgres.url
  process.env.FASTCHAT_TEST_REDIS = redis.url
  process.env.FASTCHAT_TEST_POSTGRES_LOG = postgresLog
  const stop = async () => {
    await Promise.all([postgres.stop(), redis.stop()])
    await rm(folder, { recursive: true, force: true })
  }
  return { users: 0, stop }
}
