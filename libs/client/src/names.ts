import { labelOf, labelRule, type UserId, usernameOf, usernameRule } from '@fastchat/schema'
import { ClientError } from './errors.ts'

/**
 * Returns the canonical form of a username.
 *
 * @throws {ClientError} `invalid_name`
 */
export function readUsername(written: string): string {
  const username = usernameOf(written)
  if (username === undefined)
    throw new ClientError('invalid_name', `"${written}" cannot be a username: ${usernameRule}`)
  return username
}

/**
 * Returns the canonical form of the name of a group, device or person.
 *
 * @throws {ClientError} `invalid_name`
 */
export function readLabel(written: string, of: 'group' | 'device' | 'person'): string {
  const label = labelOf(written)
  if (label === undefined) throw new ClientError('invalid_name', `The name of a ${of} has ${labelRule}`)
  return label
}

/** Returns each user once, without oneself. */
export const othersIn = (userIds: readonly UserId[], me: UserId): UserId[] =>
  [...new Set(userIds)].filter((userId) => userId !== me)
