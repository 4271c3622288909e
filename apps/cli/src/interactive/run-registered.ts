import { CommanderError } from 'commander'
import { usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { createProgram } from '../program.ts'
import { type Command, type Given, isForPrograms } from '../registry/command.ts'
import { toldError } from '../told-error.ts'
import type { ChatScreen } from './chat-screen.ts'

/** The commands that begin or end where no chat is open. */
const outside: readonly string[] = ['signup', 'login', 'tail']
/** The parameters that name a message. In a chat its number does that, too. */
const messageParams: readonly string[] = ['message', 'messageId']

/** Returns the commands of the command line that are also slash commands, by their words. */
export const slashable = (commands: readonly Command[]): readonly Command[] =>
  commands.filter((command) => isForPrograms(command) && !outside.includes(command.words.join(' ')))

/**
 * Runs a command of the command line from the chat: /receipts 3 is `fastchat receipts`. Every
 * command has a slash command by that.
 * @throws {CliError} `usage` for one that does not exist
 */
export async function runRegistered(
  context: Context,
  chatScreen: Pick<ChatScreen, 'messageOf'>,
  registered: readonly Command[],
  words: readonly string[],
): Promise<void> {
  const [name = ''] = words
  if (outside.includes(name)) throw usageError(`Leave the chat for this: fastchat ${name}`)
  if (!registered.some(({ words: [first] }) => first === name))
    throw usageError(`There is no /${name}: /help shows what there is`)
  const { command, given } = await parse(registered, words)
  const withIds = Object.entries(given).map(([param, value]) => [
    param,
    messageParams.includes(param) && typeof value === 'string' ? chatScreen.messageOf(value) : value,
  ])
  await command.run(context, Object.fromEntries(withIds))
}

async function parse(
  registered: readonly Command[],
  words: readonly string[],
): Promise<{ command: Command; given: Given }> {
  let help = ''
  let asked: { command: Command; given: Given } | undefined
  const program = createProgram(registered, async (one) => {
    asked = one
  })
  const nowhere = {
    writeOut(text: string) {
      help += text
    },
    writeErr() {},
    outputError() {},
  }
  program.exitOverride().configureOutput(nowhere)
  for (const one of [program, ...program.commands, ...program.commands.flatMap((family) => family.commands)])
    one.copyInheritedSettings(program)
  try {
    await program.parseAsync([...words], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const told = toldError(error, registered, words)
    throw told ? usageError(told.message.replaceAll('fastchat ', '/')) : usageError(help.trim())
  }
  if (!asked) throw usageError(help.trim())
  return asked
}
