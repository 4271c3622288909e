import { usageError } from '../cli-error.ts'
import { checkText } from '../commands/check-text.ts'
import type { Context } from '../commands/context.ts'
import { safeText } from '../text/safe-text.ts'
import { toCliError } from '../to-cli-error.ts'
import type { ChatScreen } from './chat-screen.ts'
import type { Screen } from './screen.ts'
import { slashCommands } from './slash-commands.ts'
import { splitWords } from './split-words.ts'

type Screens = { readonly chatScreen: ChatScreen; readonly screen: Screen }

/**
 * Runs a typed line: a command, or a message to the open chat. Tells errors. Returns whether it
 * succeeded.
 */
export async function obey(context: Context, { chatScreen, screen }: Screens, line: string): Promise<boolean> {
  const typed = line.trim()
  if (typed === '') return true
  // A message comes back as a line of its chat. A command does not, so it is printed.
  const echo = () => screen.isTerminal && screen.print(`${safeText(`${chatScreen.prompt}${typed}`)}\n`)
  const isMessage = !typed.startsWith('/') || typed.startsWith('//')
  try {
    if (isMessage) await say(context, chatScreen, typed.startsWith('//') ? typed.slice(1) : typed)
    else {
      echo()
      await run(context, chatScreen, typed)
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

async function run(context: Context, chatScreen: ChatScreen, typed: string): Promise<void> {
  const [name = '', ...words] = splitWords(typed.slice(1))
  const command = Object.hasOwn(slashCommands, name) ? slashCommands[name] : undefined
  if (!command) throw usageError(`There is no /${name}: /help shows what there is`)
  if (words.length < (command.needs ?? 0)) throw usageError(command.usage)
  await command.run(context, chatScreen, words)
}
