import { accessSync, constants, existsSync } from 'node:fs'
import { CliError } from '../cli-error.ts'

/**
 * Returns the error for a home without an open device. In a home that this user may not use, a
 * device can't be seen: then the error says that.
 */
export function notSignedIn(home: string): CliError {
  if (existsSync(home) && !mayUse(home)) {
    const message = `You may not read and write ${home}. Change its owner or its rights, or set FASTCHAT_HOME to another folder`
    return new CliError('not_writable', message)
  }
  return new CliError('not_signed_in', 'Not signed in: run fastchat signup NAME, or fastchat login NAME')
}

function mayUse(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
