import type { Readable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { usageError } from './cli-error.ts'
import type { Context } from './commands/context.ts'
import type { Command, Given } from './registry/command.ts'
import { readSecret } from './terminal/secret.ts'

/**
 * Returns readers of stdin for a command line. Stdin is read once: as the password, or as the
 * argument that is a dash.
 */
export function fromStdin(stdin: Readable) {
  let isTaken = false
  const take = () => {
    if (isTaken)
      throw usageError('Only one of the password and the text can come from stdin. Give the other one in another way')
    isTaken = true
    return stdin
  }
  return {
    /**
     * Returns a context whose password is the text of stdin. A command that also needs the next one
     * finds it on the second line, unless the environment has it.
     */
    async withPassword(context: Context, { needsNext }: Pick<Command, 'needsNext'>): Promise<Context> {
      const text = await readSecret(take(), 'stdin')
      const hasBoth = needsNext && context.env.nextPassword === undefined
      const [first = '', ...rest] = hasBoth ? text.split(/\r?\n/) : [text]
      const next = rest.join('\n')
      if (hasBoth && (first === '' || next === ''))
        throw usageError('stdin must have the present password on its first line, and the new one on its second')
      return {
        ...context,
        async password(use) {
          if (use === 'next' && hasBoth) return next
          return use === 'new' || use === 'known' ? first : await context.password(use)
        },
      }
    },
    /** Returns the arguments, with the text of stdin in place of a dash where that is allowed. */
    async withText({ params }: Command, given: Given): Promise<Given> {
      const dashes = Object.keys(given).filter((name) => given[name] === '-' && params[name]?.mayBeStdin)
      const [name] = dashes
      return name === undefined ? given : { ...given, [name]: (await readAll(take())).trimEnd() }
    },
  }
}
