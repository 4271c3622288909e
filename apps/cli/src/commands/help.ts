import { usageError } from '../cli-error.ts'
import { createProgram } from '../program.ts'
import type { Command } from '../registry/command.ts'
import { unknownCommand } from '../registry/unknown-command.ts'
import type { Context } from './context.ts'

/** Prints the same as `fastchat WORDS --help`. */
export async function help({ out }: Context, words: readonly string[], commands: readonly Command[]): Promise<void> {
  let found = createProgram(commands, async () => {})
  for (const word of words) {
    const next = found.commands.find((one) => one.name() === word)
    if (!next) throw usageError(unknownCommand(commands, words))
    found = next
  }
  found.configureOutput({ writeOut: (text) => out.text(text.trimEnd()) }).outputHelp()
}
