import { labelOf, labelRule, type UserId, usernameOf, usernameRule } from '@fastchat/schema'
import { ClientError } from './errors.ts'

/** The one form of a username. @throws {ClientError} `invalid_name` when it can be none */
export function readUsername(written: string): string {
  const username = usernameOf(written)
  if (username === undefined) throw new ClientError('invalid_name', `"${written}" can be no username: ${usernameRule}`)
  return username
}

/** The form in which the name of a group or device is kept. @throws {ClientError} `invalid_name` when it can be none */
export function readLabel(written: string, of: 'group' | 'device'): string {
  const label = labelOf(written)
  if (label === undefined) throw new ClientError('invalid_name', `The name of a ${of} has ${labelRule}`)
  return label
}

/** Each once, without oneself. */
export const othersIn = (userIds: readonly UserId[], me: UserId): UserId[] =>
  [...new Set(userIds)].filter((userId) => userId !== me)
