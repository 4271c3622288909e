import { messageHelp } from '../commands/find-message.ts'
import { command } from './command.ts'
import { argument, option, optional } from './param.ts'
import { flag, text } from './value.ts'

const message = () => argument(text(), messageHelp)
const load = () => import('../commands/messages.ts')

/** The commands about messages that are there. */
export const messageCommands = [
  command('reply', {
    does: 'answer a message',
    examples: ['fastchat reply bob#12 "yes, at eight"'],
    params: { message: message(), text: argument(text(), 'the answer', { mayBeStdin: true, mayHaveSpaces: true }) },
    run: async (context, { message, text }) => (await load()).reply(context, message, text),
  }),
  command('edit', {
    does: 'edit a message of yours, up to 24 hours after you sent it. Everyone can see the earlier text',
    examples: ['fastchat edit bob#12 "at nine"'],
    params: { message: message(), text: argument(text(), 'the new text', { mayBeStdin: true, mayHaveSpaces: true }) },
    run: async (context, { message, text }) => (await load()).edit(context, message, text),
  }),
  command('delete', {
    does: 'delete a message from your devices, or for everyone (yours; an admin of a group: any)',
    examples: ['fastchat delete bob#12', 'fastchat delete bob#12 --everyone'],
    params: { message: message(), everyone: option(flag, 'delete it for everyone in the chat') },
    run: async (context, { message, ...options }) => (await load()).deleteMessage(context, message, options),
  }),
  command('react', {
    does: 'react to a message with an emoji',
    examples: ['fastchat react bob#12 👍', 'fastchat react bob#12 👍 --remove'],
    params: {
      message: message(),
      emoji: argument(text(), 'one emoji'),
      remove: option(flag, 'take the reaction back'),
    },
    run: async (context, { message, emoji, ...options }) => (await load()).react(context, message, emoji, options),
  }),
  command('forward', {
    does: 'send a message to another chat, marked as forwarded',
    examples: ['fastchat forward bob#12 eve'],
    params: { message: message(), to: argument(text(), 'a user or a group', { mayHaveSpaces: true }) },
    run: async (context, { message, to }) => (await load()).forward(context, message, to),
  }),
  command('pin', {
    does: 'pin a message for everyone in the chat (in a group: admins only)',
    examples: ['fastchat pin "#trip#12"'],
    params: { message: message() },
    run: async (context, { message }) => (await load()).pin(context, message, true),
  }),
  command('unpin', {
    does: 'unpin a message (in a group: admins only)',
    examples: ['fastchat unpin "#trip#12"'],
    params: { message: message() },
    run: async (context, { message }) => (await load()).pin(context, message, false),
  }),
  command('pins', {
    does: 'list the pinned messages of a chat',
    examples: ['fastchat pins trip'],
    params: { to: argument(text(), 'a user or a group', { mayHaveSpaces: true }) },
    run: async (context, { to }) => (await load()).pins(context, to),
  }),
  command('timer', {
    does: 'show or set the time after which new messages of a chat disappear from all devices (in a group: admins only)',
    examples: ['fastchat timer bob', 'fastchat timer bob 1d', 'fastchat timer bob off'],
    params: {
      to: argument(text(), 'a user or a group'),
      time: optional(text(), '30s to 1y: s, m, h, d, w or y; or off'),
    },
    run: async (context, { to, time }) => (await load()).timer(context, to, time),
  }),
]
