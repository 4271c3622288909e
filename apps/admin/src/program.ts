import { usernamePrefixOf } from '@fastchat/schema'
import { Argument, Command } from 'commander'
import { type AfterRestoreOptions, afterRestore } from './commands/after-restore.ts'
import { devicesList } from './commands/devices.ts'
import { keysAdd, keysList, keysRemove, keysUse } from './commands/keys.ts'
import { podsDrain, podsList } from './commands/pods.ts'
import { minRetentionDays, retentionRun, retentionShow } from './commands/retention.ts'
import {
  type InviteOptions,
  invitesCreate,
  invitesList,
  invitesRevoke,
  type SignupMode,
  signupModes,
  signupSet,
  signupShow,
} from './commands/signup.ts'
import { stats } from './commands/stats.ts'
import {
  type DeleteOptions,
  type ListOptions,
  usersDelete,
  usersDisable,
  usersEnable,
  usersList,
  usersQuota,
  usersShow,
} from './commands/users.ts'
import type { Context } from './context.ts'
import { parseBytes, usernameIn, wholeNumber } from './parse.ts'

type Flags = { readonly json?: boolean }

/** Runs a command: opens its connections, prints its errors, and closes. */
export type Runner = (options: Flags, work: (context: Context) => Promise<void>) => Promise<void>

const environmentHelp = `
Environment (each may come as NAME_FILE, the path of a file with the value):
  DATABASE_URL         the installation's PostgreSQL; for all but pods and keys
  DIRECT_DATABASE_URL  instead of it, when it leads to a pooler
  DATABASE_CA          certificates (PEM) that alone are trusted to sign that of PostgreSQL
  REDIS_URL            its Redis; for pods
  REDIS_CA             certificates (PEM) that alone are trusted to sign that of Redis
  POD_HMAC_KEY         the key of its pods (or POD_HMAC_KEY_FILE); for pods
  RETENTION_DAYS       as the chat pods have it (default 45); for retention

Exit codes: 0 done, 64 usage, 69 PostgreSQL or Redis does not answer, 1 anything else.
With --json each result is one object on a line; an error is {"error":{"code","message"}}.`

const maxRows = 10_000
const maxDays = 36_500

/** Creates the operator's command line with all commands and options. */
export function createProgram(run: Runner, env: NodeJS.ProcessEnv): Command {
  const program = new Command('fastchat-admin')
    .description('Runs a FastChat installation: its users, pods, keys and data.')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', environmentHelp)

  const group = (name: string, does: string): Command =>
    program.command(name).description(does).helpOption('-h, --help', 'show this help').helpCommand(false)
  const add = (parent: Command, usage: string, does: string): Command =>
    parent
      .command(usage)
      .description(does)
      .option('--json', 'one JSON object per line')
      .helpOption('-h, --help', 'show this help')

  const users = group('users', 'list, lock, limit and delete accounts')
  add(users, 'list [prefix]', 'list users by name')
    .option('--disabled', 'list only disabled users')
    .option('--after <name>', 'start after this name')
    .option('--limit <count>', 'the most users to list', wholeNumber(1, maxRows), 100)
    .action((prefix: string | undefined, options: ListOptions & Flags) =>
      run(options, (context) => usersList(context, usernamePrefixOf(prefix ?? ''), options)),
    )
  add(users, 'show <name>', 'show one user: devices, chats, bytes stored').action((name: string, options) =>
    run(options, (it) => usersShow(it, usernameIn(name))),
  )
  add(users, 'disable <name>', 'lock a user out: no login, no refresh, and their sockets close within 5 s').action(
    (name: string, options) => run(options, (it) => usersDisable(it, usernameIn(name))),
  )
  add(users, 'enable <name>', 'let a user log in again').action((name: string, options) =>
    run(options, (it) => usersEnable(it, usernameIn(name))),
  )
  add(users, 'delete <name>', 'delete an account permanently; its name stays taken')
    .option('--yes', 'do not ask for the name again')
    .action((name: string, options: DeleteOptions & Flags) =>
      run(options, (it) => usersDelete(it, usernameIn(name), options)),
    )
  add(users, 'quota <name> <size>', 'limit what a user may store in attachments: a size such as 2GiB, or none').action(
    (name: string, size: string, options) =>
      run(options, (it) => usersQuota(it, usernameIn(name), size === 'none' ? undefined : parseBytes(size))),
  )

  add(program, 'devices <name>', 'list the devices of a user, the longest idle first').action((name: string, options) =>
    run(options, (it) => devicesList(it, name)),
  )

  add(program, 'signup', 'show or set who may make an account')
    .addArgument(new Argument('[mode]', 'the new mode; without it the current one is shown').choices(signupModes))
    .action((mode: SignupMode | undefined, options) =>
      run(options, (it) => (mode === undefined ? signupShow(it) : signupSet(it, mode))),
    )

  const invites = group('invites', 'make, list and end invitations to sign up')
  add(invites, 'create', 'make an invitation, and show its code this once')
    .option('--uses <count>', 'number of sign-ups', wholeNumber(1, maxRows), 1)
    .option('--days <count>', 'days until it expires', wholeNumber(1, maxDays), 7)
    .option('--note <text>', 'a note, such as the person it is for')
    .action((options: InviteOptions & Flags) => run(options, (it) => invitesCreate(it, options)))
  add(invites, 'list', 'list the invitations that can still be used')
    .option('--all', 'also list those that are used up, revoked or expired')
    .action((options: { all?: true } & Flags) => run(options, (it) => invitesList(it, options)))
  add(invites, 'revoke', 'end an invitation')
    .argument('<id>', 'its number', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .action((id: number, options) => run(options, (it) => invitesRevoke(it, id)))

  const pods = group('pods', 'list and drain the chat pods that report to Redis')
  add(pods, 'list', 'list the pods and their load').action((options) => run(options, podsList))
  add(pods, 'drain <pod>', 'send a pod’s clients elsewhere; it takes no clients until it is started again')
    .option('--wait <seconds>', 'how long to wait until it is empty', wholeNumber(1, 600), 30)
    .action((pod: string, options: { wait: number } & Flags) => run(options, (it) => podsDrain(it, pod, options.wait)))

  const keys = group(
    'keys',
    'rotate the keys that sign access tokens (AUTH_SIGNING_KEYS_FILE); auth reads the file every 10 s',
  )
  add(keys, 'list <file>', 'list the ids of the keys; the first one signs').action((file: string, options) =>
    run(options, (it) => keysList(it, file)),
  )
  add(keys, 'add <file>', 'step 1 of 3: add a new key, which does not sign yet').action((file: string, options) =>
    run(options, (it) => keysAdd(it, file)),
  )
  add(keys, 'use <file> <kid>', 'step 2 of 3, after 10 minutes: let the new key sign')
    .option('--now', 'do it even if pods may not know the key yet')
    .action((file: string, kid: string, options) => run(options, (it) => keysUse(it, file, kid, options)))
  add(keys, 'remove <file> <kid>', 'step 3 of 3, after 11 minutes: remove the former key')
    .option('--now', 'do it even if tokens of this key may still be in use')
    .action((file: string, kid: string, options) => run(options, (it) => keysRemove(it, file, kid, options)))

  const retention = group('retention', 'count and delete old messages')
  const days = wholeNumber(minRetentionDays, maxDays)
  const kept = days(env.RETENTION_DAYS || '45')
  add(retention, 'show', 'show how many messages are old enough to be deleted')
    .option('--days <count>', 'days that messages are kept', days, kept)
    .action((options: { days: number } & Flags) => run(options, (it) => retentionShow(it, options.days)))
  add(retention, 'run', 'delete old messages now; pods delete them little by little')
    .option('--days <count>', 'days that messages are kept', days, kept)
    .action((options: { days: number } & Flags) => run(options, (it) => retentionRun(it, options.days)))

  add(program, 'stats', 'show how much is stored').action((options) => run(options, stats))
  add(program, 'after-restore', 'make a database that was restored from a backup safe to use')
    .option('--yes', 'do it')
    .option('--force', 'do it even if services are connected')
    .action((options: AfterRestoreOptions & Flags) => run(options, (it) => afterRestore(it, options)))
  return program
}
