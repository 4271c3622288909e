import { readFileSync } from 'node:fs'

/**
 * Reads the settings of the bot from the environment.
 * @throws {Error} that names the missing variable
 */
export function readSettings(env) {
  const username = env.FASTCHAT_USERNAME
  if (!username) throw new Error('FASTCHAT_USERNAME is not set. Set it to the name of the bot’s account')
  if (!env.FASTCHAT_PASSWORD && !env.FASTCHAT_PASSWORD_FILE)
    throw new Error('Set FASTCHAT_PASSWORD_FILE to a file with the password, or FASTCHAT_PASSWORD to the password')
  return {
    url: env.FASTCHAT_URL ?? 'http://localhost:8080',
    home: env.FASTCHAT_HOME ?? './home',
    username,
    password: () =>
      env.FASTCHAT_PASSWORD_FILE
        ? readFileSync(env.FASTCHAT_PASSWORD_FILE, 'utf8').replace(/\r?\n$/, '')
        : env.FASTCHAT_PASSWORD,
  }
}
