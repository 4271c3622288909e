import { command } from './command.ts'
import { argument, option, optional } from './param.ts'
import { flag, text } from './value.ts'

const user = () => argument(text(), 'the username')
const load = () => import('../commands/people.ts')

/** The commands about the people whom one talks to. */
export const peopleCommands = [
  command('verify', {
    does: 'show the safety number with somebody, and a QR code of it: compare it by a call or in person',
    examples: ['fastchat verify bob', 'fastchat verify bob --mark', 'fastchat verify bob --compare "12345 67890 …"'],
    params: {
      user: user(),
      mark: option(flag, 'you have compared the number: mark the person as verified'),
      unmark: option(flag, 'take the mark back'),
      acceptNewKey: option(
        flag,
        'accept another key that the server shows for the person, and show both numbers first',
      ),
      compare: option(text('digits'), 'the 60 digits that the other person sees; the mark is set if they are equal'),
    },
    run: async (context, { user, ...options }) => (await load()).verify(context, user, options),
  }),
  command('requests', {
    does: 'list the chats of strangers, which wait until you accept them',
    examples: ['fastchat requests'],
    params: {},
    run: async (context) => (await load()).requests(context),
  }),
  command('accept', {
    does: 'accept a chat that waits, or a person with all their chats',
    examples: ['fastchat accept bob', 'fastchat accept "#trip"'],
    params: { to: argument(text(), 'a user or a group; @user and #group to be exact', { mayHaveSpaces: true }) },
    run: async (context, { to }) => (await load()).accept(context, to),
  }),
  command('block', {
    does: 'see nothing more of somebody; they are not told',
    examples: ['fastchat block mallory'],
    params: { user: user() },
    run: async (context, { user }) => (await load()).block(context, user),
  }),
  command('unblock', {
    does: 'end a block',
    examples: ['fastchat unblock mallory'],
    params: { user: user() },
    run: async (context, { user }) => (await load()).unblock(context, user),
  }),
  command('blocked', {
    does: 'list the people whom you have blocked',
    examples: ['fastchat blocked'],
    params: {},
    run: async (context) => (await load()).blocked(context),
  }),
  command('forget', {
    does: 'remove a chat with its history from your devices; others keep it. Leave a group first',
    examples: ['fastchat forget bob', 'fastchat forget "#trip"'],
    params: {
      to: optional(text(), 'a user or a group; @user and #group to be exact', { mayHaveSpaces: true }),
      undo: option(flag, 'take the latest removal back: only in the seconds after /forget'),
    },
    run: async (context, { to, undo }) => (await load()).forget(context, to, { ...(undo !== undefined && { undo }) }),
  }),
  command('profile', {
    does: 'show the name and picture that somebody shows, or change your own. Only people in your chats see them',
    examples: [
      'fastchat profile bob',
      'fastchat profile --name "Ann Smith" --picture me.jpg',
      'fastchat profile --clear',
    ],
    params: {
      user: optional(text(), 'the username; default: you'),
      name: option(text('name'), 'the name to show beside your username'),
      picture: option(text('path'), 'the picture to show; it is made small', { completes: 'file' }),
      clear: option(flag, 'show no name and no picture'),
      save: option(text('path'), 'save the picture to this new file', { completes: 'file' }),
    },
    run: async (context, { user, ...options }) =>
      (await import('../commands/profile.ts')).profile(context, user, options),
  }),
]
