import { maxSharedMessages } from '@fastchat/schema'
import { type Command, command } from './command.ts'
import { argument, option, optional } from './param.ts'
import { flag, oneOf, sharedCount, text, texts } from './value.ts'

const name = () => argument(text(), 'the group', { mayHaveSpaces: true })
const load = () => import('../commands/roles.ts')

/** The commands about the owner, the profile, the rules and the bans of a group. */
export const rolesCommands: readonly Command[] = [
  command('group transfer', {
    does: 'make somebody the owner (the owner only)',
    examples: ['fastchat group transfer trip bob'],
    params: { name: name(), user: argument(text(), 'the username') },
    run: async (context, { name, user }) => (await load()).groupTransfer(context, name, user),
  }),
  command('group readd', {
    does: 'remove somebody and add them again, after you have accepted their new key (admins only)',
    examples: ['fastchat group readd trip carl'],
    params: { name: name(), user: argument(text(), 'the username') },
    run: async (context, { name, user }) => (await load()).groupReadd(context, name, user),
  }),
  command('group rename', {
    does: 'give a group another name (admins only)',
    examples: ['fastchat group rename trip "Trip to Rome"'],
    params: { name: name(), to: argument(text(), 'the new name', { mayHaveSpaces: true }) },
    run: async (context, { name, to }) => (await load()).groupRename(context, name, to),
  }),
  command('group topic', {
    does: 'show the topic of a group, or set it (admins only)',
    examples: ['fastchat group topic trip "We leave on Friday"', 'fastchat group topic trip --clear'],
    params: {
      name: name(),
      topic: optional(text(), 'the topic', { mayHaveSpaces: true }),
      clear: option(flag, 'remove the topic'),
    },
    run: async (context, { name, topic, ...options }) => (await load()).groupTopic(context, name, topic, options),
  }),
  command('group picture', {
    does: 'set the picture of a group (admins only), or save it',
    examples: ['fastchat group picture trip beach.jpg', 'fastchat group picture trip --save ~/Pictures'],
    params: {
      name: name(),
      path: optional(text('path'), 'the picture; a small copy without metadata is sent', { completes: 'file' }),
      clear: option(flag, 'remove the picture'),
      save: option(text('dir'), 'save the picture in this folder', { completes: 'folder' }),
    },
    run: async (context, { name, path, ...options }) => (await load()).groupPicture(context, name, path, options),
  }),
  command('group rules', {
    does: 'show who may add people and who may write, or set it (admins only)',
    examples: ['fastchat group rules trip', 'fastchat group rules news --write admins'],
    params: {
      name: name(),
      add: option(oneOf('admins', 'everybody'), 'who may add people'),
      write: option(oneOf('everybody', 'admins'), 'who may write'),
    },
    run: async (context, { name, ...rules }) => (await load()).groupRules(context, name, rules),
  }),
  command('group bans', {
    does: 'list who is banned from a group',
    examples: ['fastchat group bans trip'],
    params: { name: name() },
    run: async (context, { name }) => (await load()).groupBans(context, name),
  }),
  command('group unban', {
    does: 'let banned people be added again (admins only)',
    examples: ['fastchat group unban trip dan'],
    params: { name: name(), users: argument(texts, 'usernames', { isMany: true }) },
    run: async (context, { name, users }) => (await load()).groupUnban(context, name, users),
  }),
  command('group share', {
    does: 'share your last messages of a group with new members; everybody sees that you did',
    examples: ['fastchat group share trip 50 dan'],
    params: {
      name: name(),
      count: argument(sharedCount, `how many messages, at most ${maxSharedMessages}`),
      users: argument(texts, 'usernames', { isMany: true }),
    },
    run: async (context, { name, count, users }) => (await load()).groupShare(context, name, count, users),
  }),
]
