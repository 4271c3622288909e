import { minPasswordLength, preparePassword } from '@fastchat/client'
import { usageError } from '../cli-error.ts'
import { askHidden } from './ask-hidden.ts'

/**
 * The password from FASTCHAT_PASSWORD, else typed unseen: twice when it is a new one.
 * @throws {CliError} `usage` when there is neither.
 */
export async function readPassword(given: string | undefined, use: 'new' | 'known'): Promise<string> {
  if (given !== undefined) return given
  if (!process.stdin.isTTY) {
    throw usageError('No password: set FASTCHAT_PASSWORD, or run this in a terminal to be asked for it')
  }
  const ask = (question: string) => askHidden(question, process.stdin, process.stderr)
  if (use === 'known') return await ask('Password: ')
  const password = await ask(`New password (${minPasswordLength} characters or more): `)
  const prepared = preparePassword(password)
  if ((await ask('The same again: ')).normalize('NFKC') !== prepared)
    throw usageError('The two passwords differ: nothing was done')
  return password
}
