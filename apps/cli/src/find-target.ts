import { labelKey } from '@fastchat/schema'
import type { Chat, ChatInfo, Person } from './chat/chat.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import { parseTarget, type Target } from './parse-target.ts'
import { safeName } from './text/safe-text.ts'

/** What finding a name asks of the device. */
type Directory = Pick<Chat, 'chats' | 'user'>

/** Whom TO means: a conversation of this device, or a person it has none with yet. */
export type Found =
  | { readonly kind: 'chat'; readonly chat: ChatInfo }
  | { readonly kind: 'person'; readonly person: Person }

/**
 * Finds whom TO means among this device's chats and the server's users. When no chat is known by that name `catchUp` is
 * called first: a group that we were just added to must not be taken for a stranger of the same name.
 * @throws {CliError} `usage` when it could mean more than one; `unknown_name` when nobody.
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

/** The same for a command that works with groups alone. */
export async function findGroup(chat: Pick<Directory, 'chats'>, written: string): Promise<ChatInfo> {
  const name = parseTarget(written.startsWith('#') ? written : `#${written}`).group ?? ''
  const groups = groupsCalled(name, await chat.chats())
  const [group] = groups
  if (groups.length > 1) throw usageError(tooMany(groups))
  if (group) return group
  throw new CliError('unknown_name', `There is no group called ${safeName(name)}: fastchat group list shows yours`)
}

/**
 * The group of that id; failing it, groups whose names people take for that one. Those that one is still in go first. Of two names that
 * differ in capitals neither goes before the other: anybody can make a group of the name that somebody is used to type.
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
    // Without a server a name that is a known group's is taken for that.
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
