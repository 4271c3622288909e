import { command } from './command.ts'
import { deviceCommands } from './device-commands.ts'
import { argument, option, optional } from './param.ts'
import { flag, text } from './value.ts'

/** The commands about accounts, devices and people. */
export const accountCommands = [
  command('signup', {
    does: 'make an account, and this device its first',
    examples: ['fastchat signup alice', 'fastchat signup alice --password-stdin < secret.txt'],
    params: {
      name: argument(text(), 'the username'),
      invite: option(text('code'), 'the invitation, where the server takes new accounts by invitation only'),
    },
    needsPassword: true,
    run: async (context, { name, ...options }) => (await import('../commands/enrol.ts')).signup(context, name, options),
  }),
  command('login', {
    does: 'sign in; a new home becomes one more device, which receives the messages from then on',
    examples: ['FASTCHAT_HOME=~/second fastchat login alice'],
    params: {
      name: argument(text(), 'the username'),
      end: option(
        text('device'),
        'revoke this device of yours to make room, when the account has as many as it may have',
      ),
    },
    needsPassword: true,
    run: async (context, { name, ...options }) => (await import('../commands/enrol.ts')).login(context, name, options),
  }),
  command('logout', {
    does: 'sign out; keys and history stay on this device, sealed until you log in again',
    examples: ['fastchat logout', 'fastchat logout --all'],
    params: { all: option(flag, 'sign out all your devices') },
    run: async (context, options) => (await import('../commands/account.ts')).logout(context, options),
  }),
  command('whoami', {
    does: 'show who is signed in here',
    examples: ['fastchat whoami --json'],
    params: {},
    run: async (context) => (await import('../commands/account.ts')).whoami(context),
  }),
  ...deviceCommands,
  command('users', {
    does: 'list people whose names begin with QUERY',
    examples: ['fastchat users al'],
    params: {
      query: optional(text(), 'the first letters of a name'),
      here: option(flag, 'ask the people of your latest chats whether they are here; takes two seconds'),
    },
    run: async (context, { query, ...options }) =>
      (await import('../commands/account.ts')).users(context, query, options),
  }),
]
