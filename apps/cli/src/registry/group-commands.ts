import type { Context } from '../commands/context.ts'
import { type Command, command } from './command.ts'
import { argument, option, optional } from './param.ts'
import { rolesCommands } from './roles-commands.ts'
import { flag, sharedCount, text, texts } from './value.ts'

const name = () => argument(text(), 'the group', { mayHaveSpaces: true })
const load = () => import('../commands/group.ts')
const loadChanges = () => import('../commands/change-group.ts')

/** Makes the command for a change of one member. */
const ofUser = (
  verb: string,
  does: string,
  run: (context: Context, name: string, user: string) => Promise<void>,
): Command =>
  command(`group ${verb}`, {
    does: `${does} (admins only)`,
    examples: [`fastchat group ${verb} trip bob`],
    params: { name: name(), user: argument(text(), 'the username') },
    run: (context, { name, user }) => run(context, name, user),
  })

/** The commands about groups and their members. */
export const groupCommands = [
  command('group create', {
    does: 'make a group; you own it',
    examples: ['fastchat group create trip bob eve'],
    params: { name: name(), users: optional(texts, 'usernames', { isMany: true }) },
    run: async (context, { name, users = [] }) => void (await (await load()).groupCreate(context, name, users)),
  }),
  command('group add', {
    does: 'add people (admins, or everybody if the rules of the group say so)',
    examples: ['fastchat group add trip dan', 'fastchat group add trip dan --share 50'],
    params: {
      name: name(),
      users: argument(texts, 'usernames', { isMany: true }),
      share: option(sharedCount, 'share so many of your last messages with them; everybody sees that you did'),
      acceptNewKey: option(
        flag,
        'accept another key that the server shows for them, and show both safety numbers first',
      ),
    },
    run: async (context, { name, users, ...options }) => (await loadChanges()).groupAdd(context, name, users, options),
  }),
  command('group remove', {
    does: 'remove people (admins only)',
    examples: ['fastchat group remove trip dan', 'fastchat group remove trip dan --ban'],
    params: {
      name: name(),
      users: argument(texts, 'usernames', { isMany: true }),
      ban: option(flag, 'nobody can add them again, until an admin lifts the ban'),
    },
    run: async (context, { name, users, ...options }) =>
      (await loadChanges()).groupRemove(context, name, users, options),
  }),
  ofUser('promote', 'make somebody an admin', async (...args) => (await loadChanges()).groupPromote(...args)),
  ofUser('demote', 'make an admin an ordinary member', async (...args) => (await loadChanges()).groupDemote(...args)),
  ...rolesCommands,
  command('group elect', {
    does: 'vote for a new admin when no admin has an account; as an admin, for a new owner when the owner has none',
    examples: ['fastchat group elect trip'],
    params: { name: name() },
    run: async (context, { name }) => (await load()).groupElect(context, name),
  }),
  command('group leave', {
    does: 'leave a group; its owner says who owns it next',
    examples: ['fastchat group leave trip', 'fastchat group leave trip --successor bob'],
    params: { name: name(), successor: option(text('user'), 'who owns the group next, or is its admin next') },
    run: async (context, { name, successor }) =>
      (await import('../commands/roles.ts')).groupLeave(context, name, successor),
  }),
  command('group members', {
    does: 'list the members of a group',
    examples: ['fastchat group members trip --check'],
    params: {
      name: name(),
      check: option(flag, 'also show digits: members compare them to know that they are in the same group'),
    },
    run: async (context, { name, ...options }) => (await load()).groupMembers(context, name, options),
  }),
  command('group list', {
    does: 'list your groups',
    examples: ['fastchat group list'],
    params: {},
    run: async (context) => (await import('../commands/chats.ts')).chats(context, { groups: true }),
  }),
]
