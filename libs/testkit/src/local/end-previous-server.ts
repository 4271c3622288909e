import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { OperatorError } from './operator-error.ts'

const run = promisify(execFile)

/** The time limit for a fast shutdown. It writes a checkpoint, which takes long on a slow disk. */
const shutdownTimeoutMs = 30_000

/**
 * Frees a PostgreSQL data folder after its run was killed. A server that still uses the folder is
 * shut down. A pid file whose process is gone is removed; after a container's restart, the pid may
 * belong to another program.
 */
export async function endPreviousServer(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid')
  const content = await readFile(pidFile, 'utf8').catch(() => undefined)
  if (content === undefined) return
  const pid = Number(content.split('\n')[0])
  if (await isPostgres(pid, dataDir)) {
    process.kill(pid, 'SIGINT')
    const deadline = performance.now() + shutdownTimeoutMs
    while (await isPostgres(pid, dataDir)) {
      if (performance.now() > deadline) {
        throw new OperatorError(`an earlier PostgreSQL (process ${pid}) still uses ${dataDir}: stop it and try again`)
      }
      await delay(50)
    }
  }
  await rm(pidFile, { force: true })
}

async function isPostgres(pid: number, dataDir: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid < 2) return false
  const listing = await run('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => undefined)
  return listing?.stdout.includes('postgres') === true && listing.stdout.includes(dataDir)
}
