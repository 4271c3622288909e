import type { Writable } from 'node:stream'
import { minPasswordLength, PasswordTooShortError, preparePassword } from '@fastchat/client'
import { usageError } from '../cli-error.ts'
import type { PasswordUse } from '../commands/context.ts'
import type { Environment, PasswordSource } from '../environment.ts'
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

/** Asks for a recovery key. It is shown: 32 letters are hard to type unseen. */
const askRecoveryKey = (keyboard: Keyboard, terminal: Writable): Promise<string> =>
  ask(keyboard, terminal, 'Recovery key (eight groups of four letters): ')

const ways = {
  new: { variable: 'FASTCHAT_PASSWORD', askFor: askNewPassword, what: 'password' },
  known: { variable: 'FASTCHAT_PASSWORD', askFor: askPassword, what: 'password' },
  next: { variable: 'FASTCHAT_NEW_PASSWORD', askFor: askNewPassword, what: 'new password' },
  recovery: { variable: 'FASTCHAT_RECOVERY_KEY', askFor: askRecoveryKey, what: 'recovery key' },
} as const

/** Returns the place that the environment names for a secret. */
export const sourceOf = (
  { password, nextPassword, recoveryKey }: Pick<Environment, 'password' | 'nextPassword' | 'recoveryKey'>,
  use: PasswordUse,
): PasswordSource | undefined => ({ new: password, known: password, next: nextPassword, recovery: recoveryKey })[use]

/**
 * Returns the password from the place that the environment names. Without one, the person types it
 * unseen, and a new one twice.
 * @throws {CliError} `usage` when there is neither a place nor a terminal.
 */
export async function readPassword(
  env: Pick<Environment, 'password' | 'nextPassword' | 'recoveryKey'>,
  use: PasswordUse,
  keyboard: () => Keyboard,
): Promise<string> {
  const given = sourceOf(env, use)
  const { variable, askFor, what } = ways[use]
  if (given) return 'text' in given ? given.text : await readSecretFile(given.file, `${variable}_FILE`)
  if (!process.stdin.isTTY) {
    const stdin = variable === 'FASTCHAT_PASSWORD' ? 'give --password-stdin, ' : ''
    throw usageError(`No ${what}: set ${variable}_FILE, ${stdin}or run this in a terminal to be asked for it`)
  }
  return await askFor(keyboard(), process.stderr)
}
