import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { OperatorError } from '@fastchat/testkit/local'

const run = promisify(execFile)

/** A log larger than this is renamed at the next start. One older log is kept. */
const maxLogBytes = 20 * 1024 * 1024

export type DataFolder = {
  readonly postgres: string
  readonly secrets: string
  /** Returns the file for a program's log, to append to. */
  logFile(name: string): Promise<string>
  release(): Promise<void>
}

/**
 * Opens DATA_DIR for this launcher alone. The mark that a killed launcher left does not count.
 * Throws OperatorError if the folder can't be used or another launcher holds it.
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const mark = join(path, 'launcher.pid')
  const folders = { postgres: join(path, 'postgres'), secrets: join(path, 'secrets'), logs: join(path, 'logs') }
  try {
    if (await makeFolder(path)) await chmod(path, 0o711) // PostgreSQL may run as another account: it may pass, not list
    await mkdir(folders.secrets, { recursive: true, mode: 0o700 })
    await mkdir(folders.logs, { recursive: true, mode: 0o700 })
    const holder = Number(await readFile(mark, 'utf8').catch(() => ''))
    if (await isLauncher(holder)) {
      throw new OperatorError(`FastChat is running in ${path} already (process ${holder}): stop it, or set DATA_DIR`)
    }
    await writeFile(mark, String(process.pid))
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause
    const { code = 'error' } = cause as NodeJS.ErrnoException // only file system calls throw here
    throw new OperatorError(`the data folder ${path} can't be used (${code}): mend it, or set DATA_DIR`, { cause })
  }
  return {
    ...folders,
    async logFile(name) {
      const file = join(folders.logs, `${name}.log`)
      const size = await stat(file).then(
        (found) => found.size,
        () => 0,
      )
      if (size > maxLogBytes) await rename(file, `${file}.1`)
      return file
    },
    release: () => rm(mark, { force: true }),
  }
}

/**
 * Makes a folder and those above it. Returns true if it is new. Node's recursive mkdir never
 * returns where a file system answers ENOENT, as /proc does.
 */
async function makeFolder(path: string): Promise<boolean> {
  if (existsSync(path)) return false
  await makeFolder(dirname(path))
  await mkdir(path)
  return true
}

async function isLauncher(pid: number): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid < 2 || pid === process.pid) return false
  const listing = await run('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => undefined)
  return listing?.stdout.includes(join('start', 'main.ts')) === true
}
