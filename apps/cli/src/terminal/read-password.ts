import type { Writable } from 'node:stream'
import { usageError } from '../cli-error.ts'
import type { PasswordSource } from '../environment.ts'
import { ask } from './ask.ts'
import type { Keyboard } from './keyboard.ts'
import { readSecretFile } from './secret.ts'

/** As `deriveSecrets` counts; said before it is typed. */
const minLetters = 10

/** Asks for a password, unseen. */
export const askPassword = (keyboard: Keyboard, terminal: Writable): Promise<string> =>
  ask(keyboard, terminal, 'Password: ', { isHidden: true })

/** Asks for a new password twice, unseen, until it is long enough and both are the same. */
export async function askNewPassword(keyboard: Keyboard, terminal: Writable): Promise<string> {
  for (;;) {
    const password = await ask(keyboard, terminal, `New password (${minLetters} characters or more): `, {
      isHidden: true,
    })
    if (Array.from(password.normalize('NFKC')).length < minLetters) {
      terminal.write(`A password has at least ${minLetters} characters. Choose a longer one.\n`)
    } else if ((await ask(keyboard, terminal, 'The same again: ', { isHidden: true })) === password) return password
    else terminal.write('The two passwords differ. Type it again.\n')
    keyboard.forget()
  }
}

/**
 * The password from where the environment says, else typed unseen: twice when it is a new one.
 * @throws {CliError} `usage` when there is neither.
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
