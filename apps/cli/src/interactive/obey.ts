import { usageError } from '../cli-error.ts'
import { checkText } from '../commands/check-text.ts'
import type { Context } from '../commands/context.ts'
import { safeText } from '../text/safe-text.ts'
import { toCliError } from '../to-cli-error.ts'
import type { ChatScreen } from './chat-screen.ts'
import type { Drafts } from './drafts.ts'
import { runRegistered } from './run-registered.ts'
import type { Screen } from './screen.ts'
import { type Slashes, slashHelp } from './slash-help.ts'
import { splitWords } from './split-words.ts'

type Screens = {
  readonly chatScreen: ChatScreen
  readonly screen: Screen
  readonly drafts: Pick<Drafts, 'sent'>
  readonly slashes: Slashes
}

/**
 * Runs a typed line: a command, or a message to the open chat. Tells errors. Returns whether it
 * succeeded.
 */
export async function obey(
  context: Context,
  { chatScreen, screen, drafts, slashes }: Screens,
  line: string,
): Promise<boolean> {
  const typed = line.trim()
  if (typed === '') return true
  // A message comes back as a line of its chat. A command does not, so it is printed.
  const echo = () => screen.isTerminal && screen.print(`${safeText(`${chatScreen.prompt}${typed}`)}\n`)
  const isMessage = !typed.startsWith('/') || typed.startsWith('//')
  try {
    if (isMessage) {
      await say(context, chatScreen, typed.startsWith('//') ? typed.slice(1) : typed)
      await drafts.sent()
    } else {
      echo()
      await run(context, chatScreen, slashes, typed)
    }
    return true
  } catch (error) {
    if (isMessage) echo()
    context.out.note(toCliError(error).message)
    return false
  }
}

async function say({ session }: Context, chatScreen: ChatScreen, text: string): Promise<void> {
  checkText(text)
  const { chat } = await session()
  await chatScreen.send(text, (conversation) => chat.compose({ conversation, text }))
}

async function run(context: Context, chatScreen: ChatScreen, slashes: Slashes, typed: string): Promise<void> {
  const [name = '', ...split] = splitWords(typed.slice(1))
  if (name === 'help') return context.out.text(slashHelp(slashes, split))
  const command = Object.hasOwn(slashes.own, name) ? slashes.own[name] : undefined
  if (!command) return await runRegistered(context, chatScreen, slashes.registered, [name, ...split])
  const { textAfter } = command
  const words = textAfter === undefined ? split : wordsAndText(typed, textAfter)
  if (words.length < (command.needs ?? 0)) throw usageError(command.usage)
  await command.run(context, chatScreen, words)
}

/** Returns the words before the text of a command, and the text as it was typed. */
function wordsAndText(typed: string, before: number): readonly string[] {
  const pattern = new RegExp(`^/\\S+\\s*((?:\\S+\\s+){0,${before}})(.*)$`, 's')
  const [, words = '', text = ''] = pattern.exec(typed) ?? []
  return [...words.split(/\s+/), text].filter((word) => word !== '')
}
