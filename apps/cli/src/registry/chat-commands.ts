import { command } from './command.ts'
import { argument, defaulted, option, optional } from './param.ts'
import { count, flag, lineCount, oneOf, paths, position, seconds, text } from './value.ts'

const to = (more: { mayHaveSpaces?: boolean } = {}) =>
  argument(text(), 'a user or a group; @user and #group to be exact', more)

/** The commands about messages and chats. */
export const chatCommands = [
  command('chats', {
    does: 'list your chats, the latest first, with their unread messages',
    examples: ['fastchat chats'],
    params: {
      offline: option(flag, 'show them as last seen, without asking the server'),
      here: option(flag, 'ask in the latest chats who is here; takes two seconds'),
    },
    run: async (context, options) => (await import('../commands/chats.ts')).chats(context, options),
  }),
  command('send', {
    does: 'send a message; ends when the server has stored it. Without a server it is queued here, and sent later',
    examples: [
      'fastchat send bob "hello"',
      'date | fastchat send bob -',
      'fastchat send "#trip" --image beach.jpg --caption "here"',
      'fastchat send bob --file plan.pdf --file budget.xlsx',
    ],
    params: {
      to: to(),
      text: optional(text(), 'the message, in quotes if it has spaces', { mayBeStdin: true, mayHaveSpaces: true }),
      file: option(paths, 'send a file of any kind; give it several times to send several files', {
        completes: 'file',
        isMany: true,
      }),
      image: option(paths, 'send a picture, turned upright and without its metadata; give it several times for more', {
        completes: 'file',
        isMany: true,
      }),
      caption: option(text(), 'words below the picture or the first file'),
      original: option(flag, 'send the picture as it is, metadata and all'),
      wait: defaulted(
        flag,
        true,
        'do not wait for the server: the message may stay queued until the next command that connects',
        { isNegated: true },
      ),
      for: option(seconds, 'wait at most this long; the message stays queued then'),
      until: option(oneOf('delivered', 'read'), 'wait until all others have received or read it'),
      acceptNewKey: option(
        flag,
        'accept another key that the server shows for the person, and show both safety numbers first',
      ),
    },
    run: async (context, { to, text, ...options }) =>
      (await import('../commands/send.ts')).send(context, to, text, options),
  }),
  command('history', {
    does: 'show the last messages of a chat, or those from a time or position on. A page that ends with the newest counts as read',
    examples: [
      'fastchat history bob -n 20',
      'fastchat history bob --since 2h',
      'fastchat history bob --before 120 --json',
    ],
    params: {
      to: to({ mayHaveSpaces: true }),
      lines: defaulted(lineCount, 50, 'how many lines', { short: 'n' }),
      before: option(position, 'the last lines before this position (seq)'),
      after: option(position, 'the first lines after this position (seq)'),
      since: option(text('time'), 'the first lines from then on: 30m, 2h, 3d, yesterday, 2026-11-30, 2026-11-30T18:00'),
      until: option(text('time'), 'nothing later than that; the last lines before it'),
      offline: option(flag, 'show only what is on this device, without asking the server'),
      versions: option(flag, 'also show the earlier texts of edited messages'),
    },
    run: async (context, { to, ...options }) => (await import('../commands/history.ts')).history(context, to, options),
  }),
  command('save', {
    does: 'save the picture or file of a message; no other file is replaced',
    examples: ['fastchat save 019ab5e2-7f00-7c3e-8a51-0c8a4f0e9d11 ~/Pictures'],
    params: {
      messageId: argument(text(), 'the id of the message'),
      dir: optional(text(), 'the folder; default: the current one', { completes: 'folder', mayHaveSpaces: true }),
    },
    run: async (context, { messageId, dir }) => (await import('../commands/save.ts')).save(context, messageId, dir),
  }),
  command('failed', {
    does: 'list your messages that could not be sent, with what you wrote',
    examples: ['fastchat failed'],
    params: {},
    run: async (context) => (await import('../commands/failed.ts')).failed(context),
  }),
  command('failed retry', {
    does: 'send a failed message again',
    examples: ['fastchat failed retry 1'],
    params: { message: argument(text(), 'its number or id') },
    run: async (context, { message }) => (await import('../commands/failed.ts')).failedRetry(context, message),
  }),
  command('failed discard', {
    does: 'forget a failed message',
    examples: ['fastchat failed discard 1'],
    params: { message: argument(text(), 'its number or id') },
    run: async (context, { message }) => (await import('../commands/failed.ts')).failedDiscard(context, message),
  }),
  command('tail', {
    does: 'show messages as they arrive, after the unread ones (those after the last line that tail or history showed on this device). They count as read then',
    examples: ['fastchat tail bob', 'fastchat tail --json --count 1 --for 30'],
    params: {
      to: optional(text(), 'a user or a group; default: all chats', { mayHaveSpaces: true }),
      count: option(count, 'end after this many messages'),
      for: option(seconds, 'end after this many seconds (it catches up first)'),
      own: option(flag, 'also show messages that this device sent'),
      requests: option(flag, 'also show the messages of strangers that wait until you accept them'),
      signals: option(flag, 'with --json: also tell who types, who is here, and where receipts came'),
    },
    where: 'follow',
    run: async (context, { to, ...options }) => (await import('../commands/tail.ts')).tail(context, to, options),
  }),
]
