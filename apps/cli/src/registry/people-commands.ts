import { command } from './command.ts'
import { argument, option } from './param.ts'
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
]
