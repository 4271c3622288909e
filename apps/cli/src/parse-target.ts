import { usernamePattern } from '@fastchat/schema'
import { usageError } from './cli-error.ts'

/** What somebody may mean by TO. A name without a mark may mean a user and a group. */
export type Target = {
  /** How it was written, for words to people. */
  readonly written: string
  readonly username?: string
  readonly group?: string
}

const isUsername = new RegExp(usernamePattern)

/** @throws {CliError} `usage` when it can be no name at all. */
export function parseTarget(written: string): Target {
  const name = written.trim()
  if (name.startsWith('@')) return { written, username: parseUsername(name) }
  if (name.startsWith('#')) {
    const group = name.slice(1).trim()
    if (group === '') throw usageError('After # comes the name of a group')
    return { written, group }
  }
  if (name === '') throw usageError('A name is empty: give a user or a group')
  const username = name.toLowerCase()
  return { written, group: name, ...(isUsername.test(username) && { username }) }
}

/** A username as the server knows it; a leading @ is taken off. @throws {CliError} `usage` */
export function parseUsername(written: string): string {
  const username = written.trim().replace(/^@/, '').toLowerCase()
  if (isUsername.test(username)) return username
  throw usageError(
    `"${written}" can be no username: 1 to 32 of a–z, 0–9, dot, dash and underscore, a letter or digit at both ends`,
  )
}

/** Most letters of a group's name, as the payload has it. */
const maxGroupNameLetters = 64

/** The name of a new group; a leading # is taken off. @throws {CliError} `usage` */
export function parseGroupName(written: string): string {
  const name = written.trim().replace(/^#/, '').trim()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name with them could not be typed again.
  const isClean = !/[\u0000-\u001f\u007f-\u009f]/.test(name)
  if (name !== '' && name.length <= maxGroupNameLetters && isClean) return name
  throw usageError(`A group's name has 1 to ${maxGroupNameLetters} letters, on one line`)
}
