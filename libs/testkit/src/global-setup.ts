import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@fastchat/db/migrate'
import { startPostgres, startRedis } from './local/index.ts'
import { runAdmin, templateDatabase } from './test-database.ts'

/**
 * One PostgreSQL and one Redis for a vitest run, in a temporary folder and on free ports, so that runs neither see each other
 * nor an `npm start`. Workers find them in FASTCHAT_TEST_POSTGRES and FASTCHAT_TEST_REDIS. vitest calls this once for each
 * kind of tests, in order, and what it returns in the opposite one: the first call has made them, the last one ends them.
 */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env.FASTCHAT_TEST_RUN === String(process.pid)) return async () => {}
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-test-'))
  await chmod(folder, 0o711) // when we are root, PostgreSQL runs as another account
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
  process.env.FASTCHAT_TEST_RUN = String(process.pid)
  return async () => {
    delete process.env.FASTCHAT_TEST_RUN
    await Promise.all([postgres.stop(), redis.stop()])
    await rm(folder, { recursive: true, force: true })
  }
}
