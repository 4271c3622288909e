import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'fastchat-bench')
const packages = ['ejabberd', 'erlang-p1-pgsql']
const downloadTimeoutMs = 5 * 60_000

export type EjabberdPackage = {
  /** The root folder of Erlang. */
  readonly rootDir: string
  readonly binDir: string
  readonly erlexec: string
  readonly epmd: string
  /** The folder of ejabberd's code and of the shared libraries of its packages. */
  readonly libraries: string
  /** The SQL that creates its tables. */
  readonly schema: string
}

/**
 * Downloads Debian's ejabberd with apt and unpacks it into a cache folder. Nothing is installed, no
 * service of the machine is started or changed, and no root is needed.
 *
 * @throws Error that says why it can't be had
 */
export async function findEjabberd(): Promise<EjabberdPackage> {
  const root = join(cache, 'ejabberd')
  if (!existsSync(root)) await unpack(root)
  const rootDir = join(root, 'usr', 'lib', 'erlang')
  const erts = (await readdir(rootDir)).find((name) => name.startsWith('erts-'))
  // The folder is named after the machine's architecture, such as x86_64-linux-gnu.
  const triplet = (await readdir(join(root, 'usr', 'lib'))).find((name) => name.includes('-linux-gnu'))
  if (erts === undefined || triplet === undefined) throw new Error(`${root} has no Erlang: remove it and try again`)
  const binDir = join(rootDir, erts, 'bin')
  return {
    rootDir,
    binDir,
    erlexec: join(binDir, 'erlexec'),
    epmd: join(binDir, 'epmd'),
    libraries: join(root, 'usr', 'lib', triplet),
    schema: await readFile(join(root, 'usr', 'share', 'ejabberd', 'sql', 'pg.sql'), 'utf8'),
  }
}

async function unpack(root: string): Promise<void> {
  const fresh = `${root}.${process.pid}`
  const archives = join(fresh, 'archives')
  await mkdir(join(archives, 'partial'), { recursive: true })
  try {
    const into = ['-o', `Dir::Cache::archives=${archives}`, '-o', 'Debug::NoLocking=1']
    const args = ['install', '-y', '--no-install-recommends', '--download-only', ...into, ...packages]
    await run('apt-get', args, { timeout: downloadTimeoutMs })
    for (const name of await readdir(archives))
      if (name.endsWith('.deb')) await run('dpkg-deb', ['-x', join(archives, name), fresh])
    await rm(archives, { recursive: true })
    await rename(fresh, root)
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true })
    throw new Error(`apt can't get it (${cause instanceof Error ? cause.message.trim().split('\n').at(-1) : cause})`, {
      cause,
    })
  }
}
