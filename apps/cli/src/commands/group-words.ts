import { maxMembers, type UserId } from '@fastchat/schema'
import type { Chat } from '../chat/chat.ts'
import { CliError, exitCodes, usageError } from '../cli-error.ts'
import { findGroup } from '../find-target.ts'
import { shellWords } from '../registry/shell-words.ts'

/** @throws {CliError} `usage` when a group may not have so many members. */
export function checkMemberCount(count: number): void {
  if (count > maxMembers)
    throw usageError(`A group has at most ${maxMembers} members, and this would make ${count}. Name fewer people`)
}

/**
 * @throws {CliError} `unknown_user` that names the first who does not exist, before anything is
 * changed.
 */
export async function userIdsOf(chat: Pick<Chat, 'user'>, usernames: readonly string[]): Promise<UserId[]> {
  const ids: UserId[] = []
  for (const username of usernames) {
    const person = await chat.user({ username })
    if (!person) throw new UnknownUser(username)
    ids.push(person.userId)
  }
  return ids
}

class UnknownUser extends CliError {
  readonly username: string

  constructor(username: string) {
    super('unknown_user', `There is no user called ${username}`)
    this.username = username
  }
}

/** Returns the line that makes a group, as a person types it. */
export type CreateLine = (name: string, usernames: readonly string[]) => string

export const createCommand: CreateLine = (name, usernames) =>
  `fastchat ${shellWords(['group', 'create', name, ...usernames])}`

/**
 * Adds a line to type to the error of a new group's unknown user. The word may be part of the
 * group's name, so the line has the words up to it in quotes. Returns other errors as they are.
 */
export function hintAtName(error: unknown, name: string, usernames: readonly string[], line: CreateLine): unknown {
  if (!(error instanceof UnknownUser)) return error
  const at = usernames.findLastIndex((written) => written.replace(/^@/, '').toLowerCase() === error.username)
  // Somebody who writes @ means a user.
  if (at < 0 || usernames[at]?.startsWith('@')) return error
  const typed = line([name, ...usernames.slice(0, at + 1)].join(' '), usernames.slice(at + 1))
  const message = `${error.message}. If that is part of the group's name, put the name in quotes: ${typed}`
  return new CliError(error.code, message, exitCodes.usage, { cause: error })
}

type Missed = {
  readonly error: unknown
  /** The second word of the command. */
  readonly verb: string
  readonly name: string
  readonly usernames: readonly string[]
}

/**
 * Returns the error of a group that was not found. If a group has the name that the first words
 * make together, the error has the command with that name in quotes.
 */
export async function hintAtQuotes(
  chat: Pick<Chat, 'chats'>,
  { error, verb, name, usernames }: Missed,
): Promise<unknown> {
  if (!(error instanceof CliError) || error.code !== 'unknown_name') return error
  for (let count = 1; count < usernames.length; count++) {
    const longer = [name, ...usernames.slice(0, count)].join(' ')
    const found = await findGroup(chat, longer).catch(() => undefined)
    if (!found) continue
    const typed = shellWords(['group', verb, longer, ...usernames.slice(count)])
    return usageError(`There is no group called ${name}. Put the name in quotes: fastchat ${typed}`)
  }
  return error
}
