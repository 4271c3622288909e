import { checkName, createRest } from '@fastchat/client'
import { toCliError } from '../to-cli-error.ts'
import type { Context } from './context.ts'

/**
 * Says before a password is typed that a name is taken. Goes on if the server does not tell: then
 * the sign-up itself does.
 *
 * @throws {CliError} `username_taken`
 */
export async function expectFreeName({ env }: Pick<Context, 'env'>, username: string, invite?: string): Promise<void> {
  try {
    await checkName(createRest(env.url), username, invite)
  } catch (error) {
    const told = toCliError(error)
    if (told.code === 'username_taken') throw told
  }
}
