import type { Command } from '../registry/command.ts'
import { completables } from '../registry/completion.ts'
import { completionScript, type Shell } from '../registry/completion-script.ts'
import { families } from '../registry/families.ts'
import type { Context } from './context.ts'

/** Prints the completion script of a shell. */
export async function completion({ out }: Context, shell: Shell, commands: readonly Command[]): Promise<void> {
  out.text(completionScript(shell, completables(commands, families)).trimEnd())
}
