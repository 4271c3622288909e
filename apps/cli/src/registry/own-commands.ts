import { command } from './command.ts'
import { argument, defaulted, option, optional } from './param.ts'
import { count, flag, lineCount, text, texts } from './value.ts'

const to = () => argument(text(), 'a user or a group; @user and #group to be exact', { mayHaveSpaces: true })
const load = () => import('../commands/mark-chat.ts')

/** The commands about how your devices treat a chat, and about their history. */
export const ownCommands = [
  command('mute', {
    does: 'mute a chat on all your devices',
    examples: ['fastchat mute "#trip" 8h', 'fastchat mute bob off'],
    params: {
      to: argument(text(), 'a user or a group; @user and #group to be exact'),
      for: argument(text(), '1h, 8h, 3d, always or off', { completes: ['1h', '8h', 'always', 'off'] }),
    },
    run: async (context, { to, for: written }) => (await load()).mute(context, to, written),
  }),
  command('archive', {
    does: 'put a chat into the archive, at the end of the list. The next message brings it back, unless it is muted',
    examples: ['fastchat archive "#trip"'],
    params: { to: to() },
    run: async (context, { to }) => (await load()).archive(context, to),
  }),
  command('unarchive', {
    does: 'take a chat out of the archive',
    examples: ['fastchat unarchive "#trip"'],
    params: { to: to() },
    run: async (context, { to }) => (await load()).unarchive(context, to),
  }),
  command('pin-chat', {
    does: 'keep a chat at the top of the list, on all your devices; at most 10 chats',
    examples: ['fastchat pin-chat bob', 'fastchat pin-chat "#trip" --place 1'],
    params: { to: to(), place: option(count, 'its place among the pinned chats, from 1; default: the last') },
    run: async (context, { to, place }) => (await load()).pinChat(context, to, place),
  }),
  command('unpin-chat', {
    does: 'no longer keep a chat at the top of the list',
    examples: ['fastchat unpin-chat bob'],
    params: { to: to() },
    run: async (context, { to }) => (await load()).unpinChat(context, to),
  }),
  command('mark-unread', {
    does: 'mark a chat as unread on all your devices, until you read on there',
    examples: ['fastchat mark-unread bob'],
    params: { to: to() },
    run: async (context, { to }) => (await load()).markUnread(context, to),
  }),
  command('unmark-unread', {
    does: 'no longer mark a chat as unread',
    examples: ['fastchat unmark-unread bob'],
    params: { to: to() },
    run: async (context, { to }) => (await load()).unmarkUnread(context, to),
  }),
  command('draft', {
    does: 'show what you have begun to write in a chat, on any of your devices, or keep a text there',
    examples: ['fastchat draft bob', 'fastchat draft bob "see you at"', 'fastchat draft bob ""'],
    params: {
      to: argument(text(), 'a user or a group; @user and #group to be exact'),
      text: optional(text(), 'the text; empty: no draft', { mayHaveSpaces: true }),
    },
    run: async (context, { to, text }) => (await load()).draft(context, to, text),
  }),
  command('search', {
    does: 'find messages in the history on this device that have all the words; the last word may be begun. The newest come first',
    examples: ['fastchat search train berlin', 'fastchat search ticket --in "#trip" --from bob --since 3d'],
    params: {
      words: argument(texts, 'the words; case and accents make no difference', { isMany: true }),
      in: option(text('chat'), 'only in this chat'),
      from: option(text('user'), 'only messages of this user'),
      since: option(text('time'), 'only from then on: 30m, 2h, 3d, yesterday, 2026-11-30'),
      lines: defaulted(lineCount, 50, 'how many messages', { short: 'n' }),
      offline: option(flag, 'search what is on this device, without asking the server for new messages'),
    },
    run: async (context, { words, ...wishes }) =>
      (await import('../commands/search.ts')).search(context, words, wishes),
  }),
]
