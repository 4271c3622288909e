import { labelOf, labelRule, usernameOf, usernameRule } from '@fastchat/schema'
import { usageError } from './cli-error.ts'
import { safeName } from './text/safe-text.ts'

/** The meanings that TO may have. A name without a mark may mean a user and a group. */
export type Target = {
  /** The name as it was written, for messages. */
  readonly written: string
  readonly username?: string
  readonly group?: string
}

/** Returns what TO may mean. @throws {CliError} `usage` when it can be no name. */
export function parseTarget(written: string): Target {
  const name = written.trim()
  if (name.startsWith('@')) return { written, username: parseUsername(name) }
  if (name.startsWith('#')) {
    const group = name.slice(1).trim()
    if (group === '') throw usageError('After # comes the name of a group')
    return { written, group }
  }
  if (name === '') throw usageError('A name is empty: give a user or a group')
  const username = usernameOf(name)
  return { written, group: name, ...(username !== undefined && { username }) }
}

/** Returns a username as the server knows it, without a leading @. @throws {CliError} `usage` */
export function parseUsername(written: string): string {
  const username = usernameOf(written.trim().replace(/^@/, ''))
  if (username !== undefined) return username
  throw usageError(`"${safeName(written)}" cannot be a username: ${usernameRule}`)
}

/** Returns each username of a list once, in the order written. @throws {CliError} `usage` */
export const parseUsernames = (written: readonly string[]): string[] => [...new Set(written.map(parseUsername))]

/** Returns the name of a new group, without a leading #. @throws {CliError} `usage` */
export function parseGroupName(written: string): string {
  const name = labelOf(written.trim().replace(/^#/, ''))
  if (name !== undefined) return name
  const letters = [...new Intl.Segmenter().segment(written.trim())].length
  throw usageError(`The name of a group has ${labelRule}. This one has ${letters} letters. Choose another`)
}
