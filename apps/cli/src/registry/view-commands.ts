import { messageHelp } from '../commands/find-message.ts'
import { pictureModes } from '../pictures/picture-mode.ts'
import { type Command, command } from './command.ts'
import { argument, defaulted, option, optional } from './param.ts'
import { flag, lineCount, oneOf, text } from './value.ts'

const pictures = () =>
  defaulted(oneOf('auto', ...pictureModes), 'auto', 'how pictures are shown; auto: as the terminal can')

/** Returns the commands that show chats and pictures. `commands` returns all commands. */
export const viewCommands = (commands: () => readonly Command[]): readonly Command[] => [
  command('chat', {
    does: 'chat in this terminal, as fastchat without a command does',
    examples: [
      'fastchat chat bob',
      `fastchat chat --notify-cmd 'notify-send "FastChat" "New message from $FASTCHAT_FROM"'`,
      'fastchat --quiet --pictures blocks',
    ],
    params: {
      to: optional(text(), 'the chat that is opened first', { mayHaveSpaces: true }),
      quiet: option(flag, 'no bell, and no row that tells who types and who is here'),
      pictures: pictures(),
      notifyCmd: option(
        text('command'),
        'run this in a shell for an incoming message, unless its chat is muted or you look at it. It gets FASTCHAT_FROM, FASTCHAT_CHAT and FASTCHAT_COUNT',
      ),
      notifyText: option(flag, 'the command also gets the beginning of the message, as FASTCHAT_TEXT'),
    },
    where: 'api',
    run: async (context, options) =>
      (await import('../interactive/interactive.ts')).interactive(context, options, commands()),
  }),
  command('view', {
    does: 'show the picture of a message in the terminal',
    examples: ['fastchat view bob#12', 'fastchat view bob#12 --pictures sixel'],
    params: { message: argument(text(), messageHelp), pictures: pictures() },
    run: async (context, { message, ...options }) =>
      (await import('../commands/view.ts')).view(context, message, options),
  }),
  command('jump', {
    does: 'show the messages around one, such as one that search has found',
    examples: ['fastchat jump bob#12', 'fastchat jump bob#12 -n 40'],
    params: {
      message: argument(text(), messageHelp),
      lines: defaulted(lineCount, 20, 'how many lines', { short: 'n' }),
    },
    run: async (context, { message, ...options }) =>
      (await import('../commands/jump.ts')).jump(context, message, options),
  }),
]
