import type { Readable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { usageError } from './cli-error.ts'
import type { Context } from './commands/context.ts'
import type { Command, Given } from './registry/command.ts'
import { readSecret } from './terminal/secret.ts'

/** What a command line takes from stdin. It is read once: by the password, or by the argument that is a dash. */
export function fromStdin(stdin: Readable) {
  let isTaken = false
  const take = () => {
    if (isTaken) throw usageError('Both the password and a text are to come from stdin: give one of them otherwise')
    isTaken = true
    return stdin
  }
  return {
    /** The password is what stdin holds. */
    async withPassword(context: Context): Promise<Context> {
      const password = await readSecret(take(), 'stdin')
      return { ...context, password: async () => password }
    },
    /** An argument that may come from stdin does, when it is a dash. */
    async withText({ params }: Command, given: Given): Promise<Given> {
      const dashes = Object.keys(given).filter((name) => given[name] === '-' && params[name]?.mayBeStdin)
      const [name] = dashes
      return name === undefined ? given : { ...given, [name]: (await readAll(take())).trimEnd() }
    },
  }
}
