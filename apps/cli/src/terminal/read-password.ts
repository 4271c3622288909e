import type { Writable } from 'node:stream'
import { minPasswordLength, PasswordTooShortError, preparePassword } from '@fastchat/client'
import { usageError } from '../cli-error.ts'
import type { PasswordSource } from '../environment.ts'
import { ask } from './ask.ts'
import type { Keyboard } from './keyboard.ts'
import { readSecretFile } from './secret.ts'

/** Asks for a password without showing it. */
export const askPassword = (keyboard: Keyboard, terminal: Writable): Promise<string> =>
  ask(keyboard, terminal, 'Password: ', { isHidden: true })

/** Asks twice for a new password without showing it, until it is long enough and both are equal. */
export async function askNewPassword(keyboard: Keyboard, terminal: Writable): Promise<string> {
  for (;;) {
    const question = `New password (${minPasswordLength} characters or more): `
    const password = await ask(keyboard, terminal, question, { isHidden: true })
    const fault = faultOf(password)
    if (fault !== undefined) terminal.write(`${fault}\n`)
    else if (isSame(await ask(keyboard, terminal, 'The same again: ', { isHidden: true }), password)) return password
    else terminal.write('The two passwords differ. Type it again.\n')
    keyboard.forget()
  }
}

/** Returns what is wrong with a new password, in words. Undefined: nothing. */
function faultOf(password: string): string | undefined {
  try {
    preparePassword(password)
    return undefined
  } catch (error) {
    if (error instanceof PasswordTooShortError)
      return `A password has at least ${minPasswordLength} characters. Choose a longer one.`
    return 'This password has characters that are not valid. Choose another one.'
  }
}

const isSame = (a: string, b: string): boolean => a.normalize('NFKC') === b.normalize('NFKC')

/**
 * Returns the password from the place that the environment names. Without one, the person types it
 * unseen, and a new one twice.
 * @throws {CliError} `usage` when there is neither a place nor a terminal.
 */
export async function readPassword(
  given: PasswordSource | undefined,
  use: 'new' | 'known',
  keyboard: () => Keyboard,
): Promise<string> {
  if (given) return 'text' in given ? given.text : await readSecretFile(given.file)
  if (!process.stdin.isTTY) {
    throw usageError(
      'No password: set FASTCHAT_PASSWORD_FILE, give --password-stdin, or run this in a terminal to be asked for it',
    )
  }
  return await (use === 'known' ? askPassword : askNewPassword)(keyboard(), process.stderr)
}
