import { CliError, exitCodes, usageError } from '../cli-error.ts'
import type { PasswordSource } from '../environment.ts'
import { askHidden } from './ask-hidden.ts'
import { readSecretFile } from './secret.ts'

/** As `deriveSecrets` counts; said before it is typed. */
const minLetters = 10

/**
 * The password from where the environment says, else typed unseen: twice when it is a new one.
 * @throws {CliError} `usage` when there is neither.
 */
export async function readPassword(given: PasswordSource | undefined, use: 'new' | 'known'): Promise<string> {
  if (given) return 'text' in given ? given.text : await readSecretFile(given.file)
  if (!process.stdin.isTTY) {
    throw usageError(
      'No password: set FASTCHAT_PASSWORD_FILE, give --password-stdin, or run this in a terminal to be asked for it',
    )
  }
  const ask = (question: string) => askHidden(question, process.stdin, process.stderr)
  if (use === 'known') return await ask('Password: ')
  const password = await ask(`New password (${minLetters} characters or more): `)
  if (Array.from(password.normalize('NFKC')).length < minLetters) {
    throw new CliError('password_too_short', `A password has at least ${minLetters} characters`, exitCodes.usage)
  }
  if ((await ask('The same again: ')) !== password) throw usageError('The two passwords differ: nothing was done')
  return password
}
