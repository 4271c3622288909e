import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, lchown, lstat, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { OperatorError } from './operator-error.ts'
import { canReach, isReadableByAll } from './reach.ts'

const run = promisify(execFile)

/** The account for programs that refuse to run as root: our own, or another when we are root. */
export type PostgresAccount = {
  /** Makes the account the owner of a file or folder. */
  own(path: string): Promise<void>
  /** Makes the account the owner of a folder that root owns, and of all in it. */
  adopt(folder: string): Promise<void>
  /** Returns the command line that runs `program` as the account. */
  command(program: string, args: readonly string[]): PostgresCommand
  /** Resolves true if the account can read all of `folder`. */
  canRead(folder: string): Promise<boolean>
  /**
   * Returns the path of `folder`, which the account owns, for a process that has it as its working
   * folder. The account may have no right to enter a folder above it. The process is inside
   * already, because root started it there.
   */
  pathInside(folder: string): Promise<string>
}

export type PostgresCommand = { command: string; args: readonly string[]; uid?: number; gid?: number }

type Ids = { readonly uid: number; readonly gid: number }

/**
 * The working folder of the process that opens this path (Linux only). It is found without entering
 * the folders above it.
 */
const workingFolder = '/proc/self/cwd'

/**
 * Returns the account that PostgreSQL runs as. If we are root and there is none, it is created.
 * Throws OperatorError.
 */
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

/** Returns the account of this process, or one that the system shows under another number. */
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
  // It also fails when another process is creating the account.
  await run('useradd', [...options, 'postgres']).catch(() => undefined)
  return idsOf('postgres').catch(() => undefined)
}

/**
 * Resolves true if root can hand files to the account and start programs as the account. A
 * container may have taken these rights from root.
 */
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
 * Returns a command line that runs a program in a user namespace, where root is shown as the
 * account `ids`. Some systems have no account but root: `unshare -r`, or a container without
 * subordinate ids. `ids` must be in the list of accounts, since PostgreSQL looks up its name.
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
