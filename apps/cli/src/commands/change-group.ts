import type { UserId } from '@fastchat/schema'
import type { Chat, ChatInfo } from '../chat/chat.ts'
import { CliError, usageError } from '../cli-error.ts'
import { findGroup } from '../find-target.ts'
import { parseUsernames } from '../parse-target.ts'
import { formatTarget } from '../text/format.ts'
import { adminsOnly } from '../to-cli-error.ts'
import type { Context } from './context.ts'
import { checkMemberCount, hintAtQuotes, userIdsOf } from './group-words.ts'
import { acceptNewKeys, peopleCalled } from './people.ts'
import { isAdmin, shareWith } from './roles.ts'
import { synced } from './sync.ts'

export type ChangeOptions = {
  /** The chat shows the change as a line: then only people who needed no change are told here. */
  readonly isShownInChat?: boolean
  /** Accept other keys that were shown for the people, after showing both numbers. */
  readonly acceptNewKey?: boolean
  /** The number of past messages to share with the added people. */
  readonly share?: number
  /** The removed people may not be added again. */
  readonly ban?: boolean
}
type Run = (context: Context, name: string, usernames: readonly string[], options?: ChangeOptions) => Promise<void>

export const groupAdd: Run = (context, name, usernames, { share, ...options } = {}) =>
  change(context, { name, usernames, done: 'added', ...options }, async (chat, group, userIds) => {
    const { conversation } = group
    await chat.addMembers({ conversation, userIds })
    if (share !== undefined) await shareWith(context, chat, group, newOf(group, userIds), share)
  })

export const groupRemove: Run = (context, name, usernames, { ban = false, ...options } = {}) =>
  change(
    context,
    { name, usernames, done: ban ? 'banned' : 'removed', ...options },
    async (chat, { conversation }, userIds) => void (await chat.group({ act: 'remove', conversation, userIds, ban })),
  )

const newOf = ({ members }: ChatInfo, userIds: readonly UserId[]): UserId[] =>
  userIds.filter((userId) => !members.some((member) => member.userId === userId && !member.hasLeft))

type RunOne = (context: Context, name: string, username: string, options?: ChangeOptions) => Promise<void>

export const groupPromote: RunOne = (context, name, username, options) =>
  change(context, { name, usernames: [username], done: 'promoted', ...options }, setRole('admin'))

export const groupDemote: RunOne = (context, name, username, options) =>
  change(context, { name, usernames: [username], done: 'demoted', ...options }, setRole('member'))

type Apply = (chat: Chat, group: ChatInfo, userIds: readonly UserId[]) => Promise<void>

const setRole =
  (role: 'admin' | 'member'): Apply =>
  async (chat, { conversation }, [userId]) => {
    if (userId) await chat.setRole({ conversation, userId, role })
  }

type Done = 'added' | 'removed' | 'banned' | 'promoted' | 'demoted'
type Wanted = ChangeOptions & { readonly name: string; readonly usernames: readonly string[]; readonly done: Done }

async function change(context: Context, wanted: Wanted, apply: Apply): Promise<void> {
  const { name, usernames, done, isShownInChat = false, acceptNewKey = false } = wanted
  const users = parseUsernames(usernames)
  const chat = await synced(context)
  const group = await findGroup(chat, name).catch(async (error: unknown) => {
    throw await hintAtQuotes(chat, { error, verb: verbs[done], name, usernames })
  })
  // The server checks this, too, but only after key packages were claimed for nothing.
  const me = await chat.whoami()
  const isFree = done === 'added' && group.policies.add === 'everybody'
  if (!isFree && !isAdmin(group, me.userId)) throw adminsOnly()
  if ((done === 'removed' || done === 'banned') && users.includes(me.username))
    throw usageError(`${notOneself} ${formatTarget(group)} is as it was`)
  const present = group.members.filter(({ hasLeft }) => !hasLeft).map(({ username }) => username)
  if (done === 'added') checkMemberCount(new Set([...present, ...users]).size)
  if (acceptNewKey) await acceptNewKeys(context, chat, await peopleCalled(chat, users))
  const userIds = await userIdsOf(chat, users)
  const stranger = users.find((username) => !present.includes(username))
  if (done !== 'added' && done !== 'banned' && stranger !== undefined)
    throw new CliError('not_a_member', `${stranger} is not in ${formatTarget(group)}`)
  await apply(chat, group, userIds)
  const unchanged = users.filter((username) => needsNoChange(done, group, username))
  const changed = users.filter((username) => !unchanged.includes(username))
  const told = [
    ...(changed.length > 0 && !isShownInChat ? [`${done} ${changed.join(', ')}`] : []),
    ...(unchanged.length > 0 ? [`${listed(unchanged)} ${already[done]} already`] : []),
  ]
  const object = { type: done, conversation: group.conversation, name: group.name, users: changed }
  if (told.length > 0) context.out.result(object, `${formatTarget(group)}: ${told.join('; ')}`)
}

const listed = (names: readonly string[]): string => `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'}`

const notOneself = 'You cannot remove yourself: leave with fastchat group leave, or /leave in the chat.'
const verbs: Readonly<Record<Done, string>> = {
  added: 'add',
  removed: 'remove',
  banned: 'remove',
  promoted: 'promote',
  demoted: 'demote',
}
const already: Readonly<Record<Done, string>> = {
  added: 'in it',
  removed: 'out of it',
  banned: 'banned',
  promoted: 'admin',
  demoted: 'no admin',
}

function needsNoChange(done: Done, { members }: ChatInfo, name: string): boolean {
  const member = members.find(({ username, hasLeft }) => username === name && !hasLeft)
  if (!member || done === 'removed' || done === 'banned') return false
  return done === 'added' || (done === 'promoted') === (member.role !== 'member')
}
