import { execFile } from 'node:child_process'
import { chown, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { OperatorError } from './operator-error.ts'

const run = promisify(execFile)

/** How to run a PostgreSQL program: as ourselves, or, when we are root (which PostgreSQL refuses), as its own account. */
export type PostgresAccount = {
  /** Hands a file or folder to the account PostgreSQL runs as. */
  own(path: string): Promise<void>
  /** The command line that runs `program` as that account, given the paths it must be able to reach. */
  command(program: string, args: readonly string[], reaches: readonly string[]): Promise<PostgresCommand>
}

export type PostgresCommand = { command: string; args: readonly string[]; uid?: number; gid?: number }

export async function postgresAccount(): Promise<PostgresAccount> {
  if (process.getuid?.() !== 0) {
    return {
      own: async () => undefined,
      command: async (command, args) => ({ command, args }),
    }
  }
  const { uid, gid } = await accountIds().catch(createAccount)
  return {
    own: (path) => chown(path, uid, gid),
    async command(program, args, reaches) {
      for (const path of reaches) {
        if (!(await canReach(path, uid))) return withSearchRights(uid, gid, program, args)
      }
      return { command: program, args, uid, gid }
    },
  }
}

async function accountIds(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

async function createAccount(): Promise<{ uid: number; gid: number }> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'])
    return await accountIds()
  } catch (cause) {
    throw new OperatorError(
      'PostgreSQL does not run as root and no "postgres" account could be made: run as an ordinary user, or set DATABASE_URL',
      { cause },
    )
  }
}

/** True if every folder above `path` lets other accounts through. */
async function canReach(path: string, uid: number): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid: owner } = await stat(folder)
    if ((mode & 0o001) === 0 && !(owner === uid && mode & 0o100)) return false
    if (folder === dirname(folder)) return true
  }
}

/**
 * A checkout under /root (mode 0700) can't be entered by the postgres account. `setpriv` lends it the one right it lacks
 * instead of asking people to move their clone.
 */
async function withSearchRights(
  uid: number,
  gid: number,
  program: string,
  args: readonly string[],
): Promise<PostgresCommand> {
  const rights = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  const lend = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...rights]
  try {
    await run('setpriv', [...lend, program, '--version'])
  } catch (cause) {
    throw new OperatorError(
      `the "postgres" account can't enter ${dirname(program)}: move the checkout out of a private folder, run as an ordinary user, or set DATABASE_URL`,
      { cause },
    )
  }
  return { command: 'setpriv', args: [...lend, program, ...args] }
}
