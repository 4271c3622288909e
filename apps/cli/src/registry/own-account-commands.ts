import { command } from './command.ts'
import { argument, option, optional } from './param.ts'
import { flag, text } from './value.ts'

const load = () => import('../commands/own-account.ts')
const endOthers = option(flag, 'sign out all other devices in the same step')

/** The commands by which people look after their own account. */
export const ownAccountCommands = [
  command('passwd', {
    does: 'change the password. Asks for the present one, then twice for the new one',
    examples: ['fastchat passwd', 'fastchat passwd --end-others'],
    params: { endOthers },
    needsPassword: true,
    needsNext: true,
    run: async (context, options) => (await load()).passwd(context, options),
  }),
  command('recovery status', {
    does: 'say whether the account has a recovery key, and since when',
    examples: ['fastchat recovery status'],
    params: {},
    run: async (context) => (await load()).recoveryStatus(context),
  }),
  command('recovery check', {
    does: 'say whether your recovery key is the right one. The key does not leave this device',
    examples: ['fastchat recovery check', 'FASTCHAT_RECOVERY_KEY_FILE=key.txt fastchat recovery check'],
    params: {},
    run: async (context) => (await load()).recoveryCheck(context),
  }),
  command('recovery new', {
    does: 'make a recovery key, which opens the account if the password is lost. It replaces a former one',
    examples: ['fastchat recovery new'],
    params: {},
    needsPassword: true,
    run: async (context) => (await load()).recoveryNew(context),
  }),
  command('recovery reset', {
    does: 'set a new password with the recovery key, on any device',
    examples: ['fastchat recovery reset alice'],
    params: { name: argument(text(), 'the username'), endOthers },
    run: async (context, { name, ...options }) => (await load()).recoveryReset(context, name, options),
  }),
  command('sessions', {
    does: 'list where you are signed in',
    examples: ['fastchat sessions'],
    params: {},
    run: async (context) => (await load()).sessions(context),
  }),
  command('sessions end', {
    does: 'sign out all other devices, or one; they stay yours, and sign in again with the password',
    examples: ['fastchat sessions end', 'fastchat sessions end 2'],
    params: { device: optional(text(), 'its number or id, or its name when only one has it') },
    run: async (context, { device }) => (await load()).sessionsEnd(context, device),
  }),
  command('account delete', {
    does: 'delete your account permanently: leave all groups, then end it. Without --yes-i-am it lists what goes',
    examples: ['fastchat account delete', 'fastchat account delete --yes-i-am alice'],
    params: {
      yesIAm: option(text('name'), 'the name of the account, to be sure'),
      keepHistory: option(flag, 'keep the messages on this device, to be read offline'),
    },
    needsPassword: true,
    run: async (context, options) => (await load()).accountDelete(context, options),
  }),
]
