import { resolve } from 'node:path'
import { usageError } from '../cli-error.ts'
import { users } from '../commands/account.ts'
import { backup } from '../commands/backup.ts'
import { groupAdd, groupDemote, groupPromote, groupRemove } from '../commands/change-group.ts'
import { chats } from '../commands/chats.ts'
import { checkFile } from '../commands/check-file.ts'
import { devices, devicesRename, devicesRevoke } from '../commands/devices.ts'
import { exportAll } from '../commands/export.ts'
import { failed, failedDiscard, failedRetry } from '../commands/failed.ts'
import { groupCreate, groupElect, groupMembers } from '../commands/group.ts'
import {
  accountDelete,
  passwd,
  recoveryCheck,
  recoveryNew,
  recoveryStatus,
  sessions,
  sessionsEnd,
} from '../commands/own-account.ts'
import { save } from '../commands/save.ts'
import { pictureOf } from '../commands/send.ts'
import { privacy, readSwitch, readTurn, who } from '../commands/signals.ts'
import { prepareImage } from '../images/prepare-image.ts'
import { shellWords } from '../registry/shell-words.ts'
import { groupSlashes } from './group-slashes.ts'
import { messageSlashCommands } from './message-slash-commands.ts'
import { ownSlashCommands } from './own-slash-commands.ts'
import { peopleSlashes } from './people-slashes.ts'
import type { Slash } from './slash.ts'

const [first, rest] = [(words: readonly string[]) => words[0] ?? '', (words: readonly string[]) => words.slice(1)]

/** The open chat shows a change as a line, so the command does not tell it a second time. */
const inChat = { isShownInChat: true } as const

const actions = ['status', 'on', 'off', 'now'] as const

function readAction(word: string): (typeof actions)[number] {
  const found = actions.find((action) => action === word)
  if (!found) throw usageError('/backup [on|off|now]')
  return found
}

const newGroupLine = (name: string, usernames: readonly string[]): string =>
  `/group new ${shellWords([name, ...usernames])}`

/** The commands of lines that begin with a slash. */
export const slashCommands: Readonly<Record<string, Slash>> = {
  open: {
    usage: '/open NAME',
    does: 'talk to a user or a group; @user and #group to be exact',
    needs: 1,
    run: (_, chatScreen, words) => chatScreen.open(words.join(' ')),
  },
  chats: { usage: '/chats', does: 'list your chats', run: (context) => chats(context, { offline: true }) },
  users: { usage: '/users [QUERY]', does: 'list people', run: (context, _, words) => users(context, words[0]) },
  groups: { usage: '/groups', does: 'your groups', run: (context) => chats(context, { offline: true, groups: true }) },
  group: {
    usage: '/group new NAME [USER…]',
    does: 'make a group and open it',
    needs: 2,
    async run(context, chatScreen, [what, name = '', ...members]) {
      if (what !== 'new') throw usageError('/group new NAME [USER…]')
      await chatScreen.open(`#${await groupCreate(context, name, members, { ...inChat, line: newGroupLine })}`)
    },
  },
  add: {
    usage: '/add USER…',
    does: 'add to the open group (admins)',
    needs: 1,
    run: (context, chatScreen, words) => groupAdd(context, chatScreen.group, words, inChat),
  },
  remove: {
    usage: '/remove USER…',
    does: 'remove from the open group (admins)',
    needs: 1,
    run: (context, chatScreen, words) => groupRemove(context, chatScreen.group, words, inChat),
  },
  promote: {
    usage: '/promote USER',
    does: 'make an admin (admins)',
    needs: 1,
    run: (context, chatScreen, words) => groupPromote(context, chatScreen.group, first(words), inChat),
  },
  demote: {
    usage: '/demote USER',
    does: 'make an ordinary member (admins)',
    needs: 1,
    run: (context, chatScreen, words) => groupDemote(context, chatScreen.group, first(words), inChat),
  },
  members: {
    usage: '/members [check]',
    does: 'list the members of the open group; check: digits to compare with another member',
    run: (context, chatScreen, [what]) => groupMembers(context, chatScreen.group, { check: what === 'check' }),
  },
  ...groupSlashes,
  elect: {
    usage: '/elect',
    does: 'vote for a new admin when no admin has an account; as an admin, for a new owner when the owner has none',
    run: (context, chatScreen) => groupElect(context, chatScreen.group),
  },
  ...peopleSlashes,
  sessions: {
    usage: '/sessions [end [N]]',
    does: 'list where you are signed in; end: sign out device N, or all others',
    run: (context, _, [what, wanted]) => (what === 'end' ? sessionsEnd(context, wanted) : sessions(context)),
  },
  account: {
    usage: '/account delete [NAME]',
    does: 'show what a deletion of your account ends; with its name: delete it for ever',
    needs: 1,
    async run(context, _, [what, name]) {
      if (what !== 'delete') throw usageError('/account delete [NAME]')
      await accountDelete(context, name === undefined ? {} : { yesIAm: name })
    },
  },
  passwd: {
    usage: '/passwd [end-others]',
    does: 'change the password; end-others: sign out your other devices',
    run: (context, _, [what]) => passwd(context, { endOthers: what === 'end-others' }),
  },
  recovery: {
    usage: '/recovery [check|new]',
    does: 'the key that opens the account when the password is lost',
    run: (context, _, [what]) =>
      what === 'new' ? recoveryNew(context) : what === 'check' ? recoveryCheck(context) : recoveryStatus(context),
  },
  image: {
    usage: '/image PATH [CAPTION]',
    does: 'send a picture, without its metadata',
    needs: 1,
    async run({ env, out }, chatScreen, words) {
      const image = await prepareImage(resolve(env.cwd, first(words)), { original: false })
      if (image.note !== undefined) out.note(image.note)
      const picture = pictureOf(image, rest(words).join(' '))
      await chatScreen.sendFile(`[image ${first(words)}]`, (chat, to) => chat.sendPicture({ ...to, ...picture }))
    },
  },
  file: {
    usage: '/file PATH…',
    does: 'send files of any kind',
    needs: 1,
    async run({ env }, chatScreen, words) {
      const paths = words.map((path) => resolve(env.cwd, path))
      for (const path of paths) await checkFile(path)
      for (const [at, path] of paths.entries())
        await chatScreen.sendFile(`[file ${words[at]}]`, (chat, to) => chat.sendFile({ ...to, path }))
    },
  },
  cancel: {
    usage: '/cancel',
    does: 'cancel the files that are on their way out',
    async run({ out }, chatScreen) {
      const count = await chatScreen.cancelFiles()
      out.text(count === 0 ? 'No file is on its way' : `Cancelled ${count === 1 ? '1 file' : `${count} files`}`)
    },
  },
  failed: {
    usage: '/failed [retry|discard N]',
    does: 'your messages that could not be sent',
    async run(context, _, [what, wanted]) {
      if (what === undefined) return await failed(context)
      if (wanted === undefined) throw usageError('/failed [retry N|discard N]')
      if (what === 'retry') return await failedRetry(context, wanted)
      if (what === 'discard') return await failedDiscard(context, wanted)
      throw usageError('/failed [retry N|discard N]')
    },
  },
  devices: {
    usage: '/devices [rename|rm N …]',
    does: 'list your devices; name one, or remove a lost one',
    async run(context, _, [what, wanted, ...name]) {
      if (what === undefined) return await devices(context)
      if (what === 'rm' && wanted !== undefined) return await devicesRevoke(context, wanted)
      if (what !== 'rename' || wanted === undefined || name.length === 0)
        throw usageError('/devices [rename N NAME|rm N]')
      await devicesRename(context, wanted, name.join(' '))
    },
  },
  who: {
    usage: '/who',
    does: 'ask who of the open chat is here',
    run: (context, chatScreen) => who(context, chatScreen.target),
  },
  privacy: {
    usage: '/privacy [NAME on|off]',
    does: 'show or turn receipts, typing, presence',
    run: (context, _, [name, turn]) => privacy(context, readSwitch(name), readTurn(turn)),
  },
  save: {
    usage: '/save N [DIR]',
    does: 'save the file of message N',
    needs: 1,
    run: (context, chatScreen, words) => save(context, chatScreen.messageOf(first(words)), words[1]),
  },
  ...messageSlashCommands,
  history: {
    usage: '/history [N]',
    does: 'show the last lines of the open chat',
    run: (_, chatScreen, words) => chatScreen.showHistory(Math.max(1, Math.min(Number(words[0] ?? 50) || 50, 1_000))),
  },
  backup: {
    usage: '/backup [on|off|now]',
    does: 'show the backup of your history, switch it, or bring it up to date',
    run: (context, _, [action = 'status']) => backup(context, readAction(action)),
  },
  export: {
    usage: '/export DIR',
    does: 'write all chats and their files to a folder',
    needs: 1,
    run: (context, _, words) => exportAll(context, words.join(' ')),
  },
  ...ownSlashCommands,
  help: {
    usage: '/help',
    does: 'show this list',
    async run({ out }) {
      for (const { usage, does } of Object.values(slashCommands)) out.text(`${usage.padEnd(26)}${does}`)
      out.text(`${'/quit'.padEnd(26)}send the waiting messages, then end (also Ctrl-D)`)
      out.text('Anything else goes to the open chat; // begins a message with a slash. A pasted text is one message.')
    },
  },
}
