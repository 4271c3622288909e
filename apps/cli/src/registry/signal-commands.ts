import { privacyNames } from '@fastchat/client'
import { messageHelp } from '../commands/find-message.ts'
import { command } from './command.ts'
import { argument, optional } from './param.ts'
import { oneOf, text } from './value.ts'

/** The commands about receipts and presence. */
export const signalCommands = [
  command('receipts', {
    does: 'show who has received and read a message of yours',
    examples: ['fastchat receipts bob#12', 'fastchat receipts 019ab5e2-7f00-7c3e-8a51-0c8a4f0e9d11'],
    params: { message: argument(text(), messageHelp) },
    run: async (context, { message }) => (await import('../commands/signals.ts')).receipts(context, message),
  }),
  command('who', {
    does: 'ask who of a chat is here now',
    examples: ['fastchat who bob', 'fastchat who "#trip" --json'],
    params: { to: argument(text(), 'a user or a group; @user and #group to be exact', { mayHaveSpaces: true }) },
    run: async (context, { to }) => (await import('../commands/signals.ts')).who(context, to),
  }),
  command('privacy', {
    does: 'show or turn the switches of your account for receipts, typing and presence. Off works both ways: you tell nothing and see nothing',
    examples: ['fastchat privacy', 'fastchat privacy receipts off'],
    params: {
      name: optional(oneOf(...privacyNames), 'the switch', { completes: privacyNames }),
      turn: optional(oneOf('on', 'off'), 'on or off'),
    },
    run: async (context, { name, turn }) => (await import('../commands/signals.ts')).privacy(context, name, turn),
  }),
]
