import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, lchown, lstat, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { OperatorError } from './operator-error.ts'
import { canReach, isReadableByAll } from './reach.ts'

const run = promisify(execFile)

/** How to run a program that refuses root: as ourselves, or, when we are root, as another account. */
export type PostgresAccount = {
  /** Hands a file or folder to the account. */
  own(path: string): Promise<void>
  /** Hands a folder that root owns to the account, with all that it holds. */
  adopt(folder: string): Promise<void>
  /** The command line that runs `program` as the account. */
  command(program: string, args: readonly string[]): PostgresCommand
  /** True if the account can read all of `folder`. */
  canRead(folder: string): Promise<boolean>
  /**
   * The path of `folder`, which the account owns, for a process with `folder` as its working folder. The account may be kept out
   * of a folder above it; the process is inside already, because root put it there.
   */
  pathInside(folder: string): Promise<string>
}

export type PostgresCommand = { command: string; args: readonly string[]; uid?: number; gid?: number }

type Ids = { readonly uid: number; readonly gid: number }

/** Linux: the working folder of the process that asks, found without a look at the folders above it. */
const workingFolder = '/proc/self/cwd'

/** Returns the account that PostgreSQL runs as, and makes it when root has none yet. Throws OperatorError. */
export async function postgresAccount(): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) return ownAccount((command, args) => ({ command, args }))
  const ids = await idsOf('postgres').catch(createAccount)
  if (ids !== undefined && (await canBecome(ids))) return otherAccount(ids)
  const namespace = await userNamespace(ids ?? (await idsOf('nobody').catch(() => undefined)))
  if (namespace !== undefined) return ownAccount(namespace)
  throw new OperatorError(
    'PostgreSQL does not run as root, and neither a "postgres" account nor a user namespace can be had: run as an ordinary user, or set DATABASE_URL',
  )
}

/** The account that owns what we make. */
const ownAccount = (command: PostgresAccount['command']): PostgresAccount => ({
  command,
  own: async () => undefined,
  adopt: async () => undefined,
  canRead: async () => true,
  pathInside: async (folder) => folder,
})

const otherAccount = ({ uid, gid }: Ids): PostgresAccount => ({
  command: (command, args) => ({ command, args, uid, gid }),
  own: (path) => chown(path, uid, gid),
  async adopt(folder) {
    if ((await lstat(folder)).uid !== 0) return
    for (const { name, parentPath } of await readdir(folder, { recursive: true, withFileTypes: true }))
      await lchown(join(parentPath, name), uid, gid)
    await chown(folder, uid, gid)
  },
  canRead: isReadableByAll,
  async pathInside(folder) {
    if (await canReach(folder, uid)) return realpath(folder)
    if (existsSync(workingFolder)) return workingFolder
    throw new OperatorError(
      `the "postgres" account can't enter ${dirname(folder)}, and there is no /proc: set DATA_DIR to a folder that is not private, run as an ordinary user, or set DATABASE_URL`,
    )
  },
})

async function idsOf(name: string): Promise<Ids> {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

async function createAccount(): Promise<Ids | undefined> {
  const options = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin']
  // It fails, too, when another start is making the account.
  await run('useradd', [...options, 'postgres']).catch(() => undefined)
  return idsOf('postgres').catch(() => undefined)
}

/** A container may take root's rights to hand files over, to enter the folders of others, or to change accounts. */
async function canBecome({ uid, gid }: Ids): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-account-'))
  const given = join(folder, 'given')
  try {
    await mkdir(given, { mode: 0o700 })
    await chown(given, uid, gid)
    await writeFile(join(given, 'file'), '')
    await chown(join(given, 'file'), uid, gid)
    await run('sh', ['-c', ':'], { uid, gid, cwd: '/' })
    return true
  } catch {
    return false
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}

/**
 * Where root is the one account there is (`unshare -r`, a container without subordinate ids), a program can still be shown another
 * number for it. `ids` must be in the list of accounts: PostgreSQL looks up its name.
 */
async function userNamespace(ids: Ids | undefined): Promise<PostgresAccount['command'] | undefined> {
  if (ids === undefined) return undefined
  const enter = ['--user', `--map-user=${ids.uid}`, `--map-group=${ids.gid}`, '--']
  try {
    await run('unshare', [...enter, 'sh', '-c', ':'])
  } catch {
    return undefined
  }
  return (program, args) => ({ command: 'unshare', args: [...enter, program, ...args] })
}
