import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { usageError } from './cli-error.ts'

/** The place of the password. A file is read when the password is needed. */
export type PasswordSource = { readonly text: string } | { readonly file: string }

export type Environment = {
  /** The origin of the server. */
  readonly url: string
  /** The folder of this device's keys and history. */
  readonly home: string
  readonly password: PasswordSource | undefined
  /** The password that replaces the present one. */
  readonly nextPassword?: PasswordSource | undefined
  readonly recoveryKey?: PasswordSource | undefined
  readonly cwd: string
}

/**
 * The longest path of a home. Every system takes a socket's path of 103 bytes, and `agent.sock` is
 * in the home.
 */
const maxHomeBytes = 90

/** Reads the variables. @throws {CliError} `usage` that names the variable at fault. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>, cwd: string): Environment {
  const url = env.FASTCHAT_URL || 'http://localhost:8080'
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw usageError('FASTCHAT_URL must be the http:// or https:// address of a FastChat server')
  }
  const shared = env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share')
  const home = env.FASTCHAT_HOME ? resolve(cwd, env.FASTCHAT_HOME) : join(shared, 'fastchat')
  if (Buffer.byteLength(home) > maxHomeBytes) {
    throw usageError(`FASTCHAT_HOME must be a path of at most ${maxHomeBytes} bytes: ${home}`)
  }
  const [nextPassword, recoveryKey] = [
    secretSource(env, cwd, 'FASTCHAT_NEW_PASSWORD'),
    secretSource(env, cwd, 'FASTCHAT_RECOVERY_KEY'),
  ]
  return {
    url: url.replace(/\/+$/, ''),
    home,
    password: secretSource(env, cwd, 'FASTCHAT_PASSWORD'),
    ...(nextPassword && { nextPassword }),
    ...(recoveryKey && { recoveryKey }),
    cwd,
  }
}

function secretSource(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  name: string,
): PasswordSource | undefined {
  const [text, file] = [env[name], env[`${name}_FILE`]]
  if (text && file) throw usageError(`Set ${name} or ${name}_FILE, not both`)
  if (file) return { file: resolve(cwd, file) }
  return text ? { text } : undefined
}
