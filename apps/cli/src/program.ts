import { Command, InvalidArgumentError } from 'commander'
import { logout, users, whoami } from './commands/account.ts'
import { chats } from './commands/chats.ts'
import type { Context } from './commands/context.ts'
import { devices, devicesRevoke } from './commands/devices.ts'
import { login, signup } from './commands/enrol.ts'
import {
  groupAdd,
  groupCreate,
  groupDemote,
  groupLeave,
  groupMembers,
  groupPromote,
  groupRemove,
} from './commands/group.ts'
import { history } from './commands/history.ts'
import { save } from './commands/save.ts'
import { send } from './commands/send.ts'
import { tail } from './commands/tail.ts'
import { interactive } from './interactive/interactive.ts'

/** Does the work of a command: opens what it needs, tells its errors, closes. */
export type Runner = (options: { readonly json?: boolean }, work: (context: Context) => Promise<void>) => Promise<void>

const environmentHelp = `
Environment:
  FASTCHAT_URL       the server (default http://localhost:8080)
  FASTCHAT_HOME      keys and history of this device (default ~/.local/share/fastchat)
  FASTCHAT_PASSWORD  the password; without it you are asked
  NO_COLOR           no colours

TO is a user's or a group's name; write @user or #group to be exact.
Exit codes: 0 done, 64 usage, 69 no server, or no chat pod ("Sorry, No services available"), 77 only admins may, 130 interrupted, 1 anything else.`

const jsonHelp = `
With --json each result is one object on a line: {"type": …}. Lines of chats have: type (message, system, gap),
conversation, chat, kind, seq, id, from, device, at, and text, or file {name, size, mime, width, height} and caption.
An error is {"type":"error","code","message"}.`

/** The command line: what there is, and what it takes. */
export function createProgram(run: Runner): Command {
  const program = new Command('fastchat')
    .description('Encrypted chat in the terminal. Without a command: sign up or log in, then chat.')
    .usage('[command] [options]')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .addHelpText('after', environmentHelp + jsonHelp)
    .action(() => run({}, interactive))

  const add = (parent: Command, usage: string, does: string, example: string): Command =>
    parent
      .command(usage)
      .description(does)
      .option('--json', 'one JSON object per line')
      .helpOption('-h, --help', 'show this help')
      .addHelpText('after', `\nExample:\n  ${example.replaceAll('\n', '\n  ')}`)

  add(program, 'signup <name>', 'make an account, and this device its first', 'fastchat signup alice')
    .option('--invite <code>', 'the invitation, where the server takes new accounts by invitation only')
    .action((name: string, options) => run(options, (context) => signup(context, name, options)))
  add(
    program,
    'login <name>',
    'sign in; a new home becomes a further device that receives what follows',
    'FASTCHAT_HOME=~/second fastchat login alice',
  )
    .option('--end <device>', 'revoke this device of yours to make room, when the account has as many as it may have')
    .action((name: string, options) => run(options, (context) => login(context, name, options)))
  add(
    program,
    'logout',
    'sign out; keys and history stay on this device, sealed under the password',
    'fastchat logout',
  ).action((options) => run(options, logout))
  add(program, 'whoami', 'who is signed in here', 'fastchat whoami --json').action((options) => run(options, whoami))
  const own = add(program, 'devices', 'your devices, with their ids', 'fastchat devices')
    .action((options) => run(options, devices))
    .helpCommand(false)
  add(
    own,
    'revoke <device>',
    'remove a device of yours for ever, by id or name: one that is lost or stolen. Asks for the password',
    'fastchat devices revoke 019ab5e2-7f00-7c3e-8a51-0c8a4f0e9d11',
  ).action((device: string, _, command: Command) =>
    run(command.optsWithGlobals(), (context) => devicesRevoke(context, device)),
  )
  add(program, 'users [query]', 'people whose name begins with QUERY', 'fastchat users al').action(
    (query: string | undefined, options) => run(options, (context) => users(context, query)),
  )
  add(program, 'chats', 'your chats, the latest first, with what is unread', 'fastchat chats')
    .option('--offline', 'as last seen, without asking the server')
    .action((options) => run(options, (context) => chats(context, options)))

  add(
    program,
    'send <to> [text]',
    'send a message; ends when the server has stored it. Without a server it is queued, and goes out when there is one',
    `fastchat send bob "hello"\ndate | fastchat send bob -\nfastchat send "#trip" --image beach.jpg --caption "here"`,
  )
    .option('--image <path>', 'send a picture, turned upright and without its metadata')
    .option('--caption <text>', 'words below the picture')
    .option('--original', 'send the picture as it is, metadata and all')
    .option('--no-wait', 'do not wait for the server: the message may stay queued until the next command that connects')
    .option('--for <seconds>', 'wait for so long at most; the message stays queued then', seconds)
    .action((to: string, text: string | undefined, options) =>
      run(options, (context) => send(context, to, text, options)),
    )
  add(program, 'history <to>', 'the last messages of a chat; they count as read then', 'fastchat history bob -n 20')
    .option('-n, --lines <count>', 'how many lines', lineCount, 50)
    .option('--offline', 'only what is on this device, without asking the server')
    .action((to: string, options) => run(options, (context) => history(context, to, options)))
  add(
    program,
    'save <message-id> [dir]',
    'save the picture of a message; never over another file',
    'fastchat save 019ab5e2-7f00-7c3e-8a51-0c8a4f0e9d11 ~/Pictures',
  ).action((id: string, folder: string | undefined, options) => run(options, (context) => save(context, id, folder)))
  add(
    program,
    'tail [to]',
    'show what comes: first what is unread (after the last line that tail or history showed on this device), then each message as it arrives; they count as read then',
    'fastchat tail bob\nfastchat tail --json --count 1 --for 30',
  )
    .option('--count <n>', 'end after so many messages', wholeNumber)
    .option('--for <seconds>', 'end after so many seconds (it catches up first)', seconds)
    .option('--own', 'also show what was sent from this device')
    .action((to: string | undefined, options) => run(options, (context) => tail(context, to, options)))

  const group = program
    .command('group')
    .description('make groups, and change who is in them')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
  add(
    group,
    'create <name> [users...]',
    'make a group; you are its admin',
    'fastchat group create trip bob eve',
  ).action((name: string, users: string[], options) =>
    run(options, async (context) => void (await groupCreate(context, name, users))),
  )
  add(group, 'add <name> <users...>', 'add people (admins only)', 'fastchat group add trip dan').action(
    (name: string, users: string[], options) => run(options, (context) => groupAdd(context, name, users)),
  )
  add(group, 'remove <name> <users...>', 'remove people (admins only)', 'fastchat group remove trip dan').action(
    (name: string, users: string[], options) => run(options, (context) => groupRemove(context, name, users)),
  )
  add(group, 'promote <name> <user>', 'make somebody an admin (admins only)', 'fastchat group promote trip bob').action(
    (name: string, user: string, options) => run(options, (context) => groupPromote(context, name, user)),
  )
  add(
    group,
    'demote <name> <user>',
    'make an admin an ordinary member (admins only)',
    'fastchat group demote trip bob',
  ).action((name: string, user: string, options) => run(options, (context) => groupDemote(context, name, user)))
  add(group, 'leave <name>', 'leave a group', 'fastchat group leave trip').action((name: string, options) =>
    run(options, (context) => groupLeave(context, name)),
  )
  add(group, 'members <name>', 'who is in a group', 'fastchat group members trip --check')
    .option('--check', 'also digits that members compare to know that they are in the same group')
    .action((name: string, options) => run(options, (context) => groupMembers(context, name, options)))
  add(group, 'list', 'your groups', 'fastchat group list').action((options) =>
    run(options, (context) => chats(context, { groups: true })),
  )
  return program
}

function wholeNumber(written: string): number {
  const value = Number(written)
  if (Number.isSafeInteger(value) && value >= 1 && value <= maxCount) return value
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${maxCount}.`)
}

function lineCount(written: string): number {
  if (wholeNumber(written) <= maxLines) return wholeNumber(written)
  throw new InvalidArgumentError(`It must be at most ${maxLines}.`)
}

function seconds(written: string): number {
  const value = Number(written)
  if (written.trim() !== '' && value >= 0 && value <= maxSeconds) return value
  throw new InvalidArgumentError(`It must be a number of seconds, at most ${maxSeconds}.`)
}

const maxCount = 1_000_000
/** They are held in memory at once. */
const maxLines = 10_000
/** Three weeks: timers go little further. */
const maxSeconds = 21 * 24 * 3600
