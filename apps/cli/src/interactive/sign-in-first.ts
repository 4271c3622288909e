import { createInterface } from 'node:readline/promises'
import { openHome } from '@fastchat/client/node'
import { notSignedIn } from '../chat/session.ts'
import { CliError, exitCodes } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { login, signup } from '../commands/enrol.ts'
import { toCliError } from '../to-cli-error.ts'

/** Signs up or logs in whoever is not signed in yet, asking until it works. */
export async function signInFirst(context: Context): Promise<void> {
  const { env, out } = context
  const home = openHome(env.home)
  if (home.isOpen()) return
  if (!process.stdin.isTTY) throw notSignedIn()
  out.text(`FastChat at ${env.url}`)
  for (;;) {
    const isNew = !home.isUsed() && (await ask(context, 'Have you an account already? [y/N] ')).toLowerCase()[0] !== 'y'
    const name = await ask(context, isNew ? 'Choose a username: ' : 'Username: ')
    if (name === '') continue
    try {
      return await (isNew ? signup : login)(context, name)
    } catch (error) {
      const shown = toCliError(error)
      if (shown.exitCode === exitCodes.interrupted || shown.exitCode === exitCodes.noService) throw shown
      out.note(shown.message)
    }
  }
}

/** A readline of its own each time: the password is asked for without one. */
async function ask({ signal }: Context, question: string): Promise<string> {
  const readline = createInterface({ input: process.stdin, output: process.stderr })
  const closed = new Promise<never>((_, reject) => {
    readline.on('close', () => reject(new CliError('interrupted', 'Interrupted', exitCodes.interrupted)))
  })
  closed.catch(() => {})
  try {
    return (await Promise.race([readline.question(question, { signal }), closed])).trim()
  } finally {
    readline.close()
  }
}
