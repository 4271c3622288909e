import type { DeviceId } from '@fastchat/schema'
import { CliError } from '../cli-error.ts'
import { noServiceAdvice, toCliError } from '../to-cli-error.ts'

type Login = { readonly username: string; readonly ending: DeviceId; readonly url: string }

/**
 * Returns the error of a login with `--end`, with what became of the other device. The server ends
 * that device first: otherwise the account would have one more than it may have. So a registration
 * that fails afterwards leaves it ended.
 */
export function withEndWords(error: unknown, { username, ending, url }: Login): CliError {
  const { code, message, exitCode } = toCliError(error)
  const cause = { cause: error }
  if (code === 'too_many_devices' || code === 'revocation_invalid') return new CliError(code, message, exitCode, cause)
  if (code === 'not_found') {
    const words = `${username} has no device with the id ${ending}, so nothing was changed. fastchat login ${username} shows the devices`
    return new CliError('unknown_device', words, exitCode, cause)
  }
  const words = `${noServiceAdvice(message, url)}. The device ${ending} may have ended already. Log in without --end: fastchat login ${username}`
  return new CliError(code, words, exitCode, cause)
}
