import { labelKey } from '@fastchat/schema'
import type { Chat, ChatInfo, Person } from './chat/chat.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import { parseTarget, type Target } from './parse-target.ts'
import { safeName } from './text/safe-text.ts'

/** The verbs of the device that finding a name needs. */
type Directory = Pick<Chat, 'chats' | 'user'>

/** The meaning of TO: a conversation of this device, or a person without a conversation here. */
export type Found =
  | { readonly kind: 'chat'; readonly chat: ChatInfo }
  | { readonly kind: 'person'; readonly person: Person }

/**
 * Finds TO among this device's chats and the server's users. If no chat has that name, `catchUp` is
 * called first: the user may have been added to a group of that name just now, and the message must
 * not go to a stranger called so.
 * @throws {CliError} `usage` when TO has more than one meaning; `unknown_name` when it has none.
 */
export async function findTarget(chat: Directory, written: string, catchUp?: () => Promise<unknown>): Promise<Found> {
  const target = parseTarget(written)
  let chats = await chat.chats()
  if (catchUp && !isKnown(target, chats)) {
    await catchUp()
    chats = await chat.chats()
  }
  const groups = target.group === undefined ? [] : groupsCalled(target.group, chats)
  const person = await findPerson(chat, target, chats, groups.length > 0)
  if (groups.length > 0 && person) {
    const { username } = person.kind === 'chat' ? { username: person.chat.name } : person.person
    throw usageError(
      `${safeName(written)} is a user and a group: write @${username} or "#${safeName(target.group ?? '')}"`,
    )
  }
  const [group] = groups
  if (groups.length > 1) throw usageError(tooMany(groups))
  const found = person ?? (group && { kind: 'chat' as const, chat: group })
  if (found) return found
  throw unknownName(target)
}

/**
 * Finds the group that a command names.
 * @throws {CliError} `usage` or `unknown_name`, as `findTarget`.
 */
export async function findGroup(chat: Pick<Directory, 'chats'>, written: string): Promise<ChatInfo> {
  const name = parseTarget(written.startsWith('#') ? written : `#${written}`).group ?? ''
  const groups = groupsCalled(name, await chat.chats())
  const [group] = groups
  if (groups.length > 1) throw usageError(tooMany(groups))
  if (group) return group
  throw new CliError('unknown_name', `There is no group called ${safeName(name)}: fastchat group list shows yours`)
}

/**
 * Returns the group with that id. If there is none, returns the groups whose names people would
 * take for that name, without the left ones if others remain. Names that differ in capitals count
 * alike: anybody can make a group with the name that somebody else is used to type.
 */
function groupsCalled(name: string, chats: readonly ChatInfo[]): readonly ChatInfo[] {
  const groups = chats.filter(({ kind }) => kind === 'group')
  const byId = groups.filter(({ conversation }) => conversation === name)
  if (byId.length > 0) return byId
  const key = labelKey(name)
  const found = groups.filter((group) => labelKey(group.name) === key)
  const current = found.filter(({ status }) => status !== 'left' && status !== 'removed')
  return current.length > 0 ? current : found
}

const isKnown = ({ group, username }: Target, chats: readonly ChatInfo[]): boolean =>
  (group !== undefined && groupsCalled(group, chats).length > 0) ||
  chats.some(({ kind, name }) => kind === 'direct' && name === username)

async function findPerson(
  chat: Directory,
  { username }: Target,
  chats: readonly ChatInfo[],
  isGroupToo: boolean,
): Promise<Found | undefined> {
  if (username === undefined) return undefined
  const known = chats.find(({ kind, name }) => kind === 'direct' && name === username)
  if (known) return { kind: 'chat', chat: known }
  try {
    const person = await chat.user({ username })
    return person ? { kind: 'person', person } : undefined
  } catch (error) {
    // Without a server, the name of a known group means that group.
    if (isGroupToo && error instanceof CliError && error.exitCode === exitCodes.noService) return undefined
    throw error
  }
}

function tooMany(groups: readonly ChatInfo[]): string {
  const ids = groups.map(
    ({ conversation, name, members }) => `"#${conversation}" (${safeName(name)}, ${members.length} members)`,
  )
  return `${groups.length} groups have this name: write ${ids.join(' or ')}`
}

function unknownName({ written, username, group }: Target): CliError {
  const what = username === undefined ? 'group' : group === undefined ? 'user' : 'user or group'
  return new CliError('unknown_name', `There is no ${what} called ${safeName(written.replace(/^[@#]/, ''))}`)
}
