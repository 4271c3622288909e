import { type Annotation, emojiOf, type MessageId } from '@fastchat/schema'
import { usageError } from '../cli-error.ts'
import { checkText } from '../commands/check-text.ts'
import type { Context } from '../commands/context.ts'
import { deleteMessage, forward, pins, timer } from '../commands/messages.ts'
import { receipts } from '../commands/signals.ts'
import type { ChatScreen } from './chat-screen.ts'
import type { Slash } from './slash.ts'

type Words = readonly string[]
const rest = (words: Words): string => words.slice(1).join(' ')

/** Sends a change of a message. The chat shows it as a line. */
async function annotate(
  chatScreen: ChatScreen,
  [written = '', ...more]: Words,
  make: (target: MessageId) => Annotation,
): Promise<void> {
  const target = chatScreen.messageOf(written) as MessageId
  const payload = make(target)
  await chatScreen.send(`/${payload.kind} ${[written, ...more].join(' ')}`, async () => payload, target)
}

const pin =
  (pinned: boolean): Slash['run'] =>
  (_, chatScreen, words) =>
    annotate(chatScreen, words, (target) => ({ v: 1, kind: 'pin', target, pinned }))

async function reply({ session }: Context, chatScreen: ChatScreen, words: Words): Promise<void> {
  const [replyTo, text] = [chatScreen.messageOf(words[0] ?? '') as MessageId, rest(words)]
  checkText(text)
  const { chat } = await session()
  await chatScreen.send(text, (conversation) => chat.compose({ conversation, text, replyTo }), replyTo)
}

/** The commands about messages by their numbers, for lines that begin with a slash. */
export const messageSlashCommands: Readonly<Record<string, Slash>> = {
  reply: { usage: '/reply N TEXT', does: 'answer message N', needs: 2, run: reply },
  edit: {
    usage: '/edit N TEXT',
    does: 'edit your message N, up to 24 hours later',
    needs: 2,
    async run(_, chatScreen, words) {
      checkText(rest(words))
      await annotate(chatScreen, words, (target) => ({ v: 1, kind: 'edit', target, text: rest(words) }))
    },
  },
  delete: {
    usage: '/delete N [--everyone]',
    does: 'delete message N from your devices, or for everyone',
    needs: 1,
    async run(context, chatScreen, [written = '', how]) {
      if (how !== undefined && how !== '--everyone') throw usageError('/delete N [--everyone]')
      if (how) return await annotate(chatScreen, [written], (target) => ({ v: 1, kind: 'delete', target }))
      await deleteMessage(context, chatScreen.messageOf(written), {})
    },
  },
  react: {
    usage: '/react N EMOJI [--remove]',
    does: 'react to message N, or take that back',
    needs: 2,
    async run(_, chatScreen, words) {
      const emoji = emojiOf(words[1] ?? '')
      if (emoji === undefined) throw usageError(`"${words[1]}" is not one emoji. Write for example /react 3 👍`)
      const more = words[2] === '--remove' ? { remove: true } : {}
      await annotate(chatScreen, words, (target) => ({ v: 1, kind: 'reaction', target, emoji, ...more }))
    },
  },
  receipts: {
    usage: '/receipts N',
    does: 'who has received and read your message N',
    needs: 1,
    run: (context, chatScreen, words) => receipts(context, chatScreen.messageOf(words[0] ?? '')),
  },
  forward: {
    usage: '/forward N NAME',
    does: 'send message N to another chat',
    needs: 2,
    run: (context, chatScreen, words) => forward(context, chatScreen.messageOf(words[0] ?? ''), rest(words)),
  },
  pin: { usage: '/pin N', does: 'pin message N for all (groups: admins)', needs: 1, run: pin(true) },
  unpin: { usage: '/unpin N', does: 'unpin message N (groups: admins)', needs: 1, run: pin(false) },
  pins: { usage: '/pins', does: 'the pinned messages', run: (context, chatScreen) => pins(context, chatScreen.target) },
  timer: {
    usage: '/timer [TIME|off]',
    does: 'the time after which new messages disappear (groups: admins set it)',
    run: (context, chatScreen, words) => timer(context, chatScreen.target, words[0]),
  },
}
