import { resolve } from 'node:path'
import { maxSharedMessages } from '@fastchat/schema'
import { usageError } from '../cli-error.ts'
import { groupRemove } from '../commands/change-group.ts'
import {
  groupBans,
  groupLeave,
  groupPicture,
  groupReadd,
  groupRename,
  groupRules,
  groupShare,
  groupTopic,
  groupTransfer,
  groupUnban,
} from '../commands/roles.ts'
import type { Slash } from './slash.ts'

/** The open chat shows a change as a line, so the command does not tell it a second time. */
const inChat = { isShownInChat: true } as const
const rulesUsage = '/rules [add|write admins|everybody]'

/** The slash commands about the owner, the profile, the rules and the bans of the open group. */
export const groupSlashes: Readonly<Record<string, Slash>> = {
  transfer: {
    usage: '/transfer USER',
    does: 'make somebody the owner (owner)',
    needs: 1,
    run: (context, { group }, [user = '']) => groupTransfer(context, group, user, inChat),
  },
  readd: {
    usage: '/readd USER',
    does: 'remove somebody and add them again, after you have accepted their new key (admins)',
    needs: 1,
    run: (context, { group }, [user = '']) => groupReadd(context, group, user, inChat),
  },
  rename: {
    usage: '/rename NAME',
    does: 'give the open group another name (admins)',
    needs: 1,
    run: (context, { group }, words) => groupRename(context, group, words.join(' '), inChat),
  },
  topic: {
    usage: '/topic [TEXT|clear]',
    does: 'show the topic of the open group, or set it (admins)',
    run(context, { group }, words) {
      const isCleared = words.length === 1 && words[0] === 'clear'
      const topic = words.length === 0 || isCleared ? undefined : words.join(' ')
      return groupTopic(context, group, topic, { clear: isCleared, ...inChat })
    },
  },
  picture: {
    usage: '/picture PATH|clear',
    does: 'set the picture of the open group (admins)',
    needs: 1,
    run: (context, { group }, [path = '']) =>
      path === 'clear'
        ? groupPicture(context, group, undefined, { clear: true, ...inChat })
        : groupPicture(context, group, resolve(context.env.cwd, path), inChat),
  },
  rules: {
    usage: rulesUsage,
    does: 'show who may add people and who may write, or set it (admins)',
    run(context, { group }, [what, who]) {
      if (what === undefined) return groupRules(context, group, {})
      const isWho = who === 'admins' || who === 'everybody'
      if ((what !== 'add' && what !== 'write') || !isWho) throw usageError(rulesUsage)
      return groupRules(context, group, { [what]: who, ...inChat })
    },
  },
  ban: {
    usage: '/ban USER…',
    does: 'remove from the open group for good (admins)',
    needs: 1,
    run: (context, { group }, words) => groupRemove(context, group, words, { ban: true, ...inChat }),
  },
  bans: { usage: '/bans', does: 'list who is banned', run: (context, { group }) => groupBans(context, group) },
  unban: {
    usage: '/unban USER…',
    does: 'let banned people be added again (admins)',
    needs: 1,
    run: (context, { group }, words) => groupUnban(context, group, words, inChat),
  },
  share: {
    usage: '/share N USER…',
    does: 'share your last messages with new members',
    needs: 2,
    run(context, { group }, [written = '', ...users]) {
      const count = Number(written)
      if (!Number.isInteger(count) || count < 1 || count > maxSharedMessages)
        throw usageError(`/share N USER…: N is 1 to ${maxSharedMessages}`)
      return groupShare(context, group, count, users, inChat)
    },
  },
  leave: {
    usage: '/leave [USER]',
    does: 'leave the open group; its owner names who owns it next',
    run: (context, { group }, [successor]) => groupLeave(context, group, successor),
  },
}
