import { newConversationId, newMessageId } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { Chat, ChatInfo } from '../chat/chat.ts'
import { CliError, usageError } from '../cli-error.ts'
import { findGroup } from '../find-target.ts'
import { parseGroupName, parseUsernames } from '../parse-target.ts'
import { formatTarget } from '../text/format.ts'
import { adminsOnly } from '../to-cli-error.ts'
import type { Context } from './context.ts'
import { synced } from './sync.ts'

/** @returns the new group's id. */
export async function groupCreate(
  context: Context,
  written: string,
  usernames: readonly string[],
): Promise<ConversationId> {
  const name = parseGroupName(written)
  const parsed = parseUsernames(usernames)
  const chat = await synced(context)
  const me = (await chat.whoami()).username
  const others = parsed.filter((username) => username !== me)
  const conversation = newConversationId()
  await chat.createGroup({ conversation, name, userIds: await userIdsOf(chat, others) })
  if (others.length < parsed.length) context.out.note('You are in the group that you make: you need not name yourself')
  const members = [me, ...others]
  context.out.result({ type: 'group', conversation, name, members }, `Created #${name} with ${members.join(', ')}`)
  return conversation
}

export const groupAdd = (context: Context, name: string, usernames: readonly string[]): Promise<void> =>
  change(context, name, usernames, 'added', (chat, { conversation }, userIds) =>
    chat.addMembers({ conversation, userIds }),
  )

export const groupRemove = (context: Context, name: string, usernames: readonly string[]): Promise<void> =>
  change(context, name, usernames, 'removed', (chat, { conversation }, userIds) =>
    chat.removeMembers({ conversation, userIds }),
  )

export const groupPromote = (context: Context, name: string, username: string): Promise<void> =>
  change(context, name, [username], 'promoted', async (chat, { conversation }, [userId]) => {
    if (userId) await chat.setRole({ conversation, userId, role: 'admin' })
  })

export const groupDemote = (context: Context, name: string, username: string): Promise<void> =>
  change(context, name, [username], 'demoted', async (chat, { conversation }, [userId]) => {
    if (userId) await chat.setRole({ conversation, userId, role: 'member' })
  })

export async function groupElect(context: Context, name: string): Promise<void> {
  const chat = await synced(context)
  const group = await findGroup(chat, name)
  const { conversation } = group
  const { votes, needed } = await chat.vote({ conversation, id: newMessageId() })
  const target = formatTarget(group)
  const words =
    votes >= needed
      ? `${target} has a new admin: see fastchat group members ${group.name}`
      : `You voted for a new admin of ${target}: ${votes} of ${needed} votes. Ask the others to run this command, too`
  context.out.result({ type: 'voted', conversation, name: group.name, votes, needed }, words)
}

export async function groupLeave(context: Context, name: string): Promise<void> {
  const chat = await synced(context)
  const group = await findGroup(chat, name)
  await chat.leave({ conversation: group.conversation, id: newMessageId() })
  context.out.result(
    { type: 'left', conversation: group.conversation, name: group.name },
    `You left ${formatTarget(group)}`,
  )
}

export async function groupMembers(
  context: Context,
  name: string,
  { check = false }: { readonly check?: boolean } = {},
): Promise<void> {
  const { out } = context
  const chat = await synced(context)
  const { members, conversation } = await findGroup(chat, name)
  for (const { username, role, hasLeft, isSilent } of members) {
    if (hasLeft) continue
    const notes = [...(role === 'admin' ? ['admin'] : []), ...(isSilent ? ['not heard from yet'] : [])]
    const words = notes.length > 0 ? `${username}${out.colors.dim(` (${notes.join(', ')})`)}` : username
    out.result({ type: 'member', username, role, silent: isSilent }, words)
  }
  if (!check) return
  const found = await chat.check({ conversation })
  if (!found) throw new CliError('not_a_member', 'This device is not in the group, so it has nothing to compare')
  const { digits, epoch } = found
  const words = `Change ${epoch}: ${digits}\nCompare these digits with another member, by a call or in person. They are equal only if you are in the same group.`
  out.result({ type: 'check', conversation, epoch, digits }, words)
}

type Change = (chat: Chat, group: ChatInfo, userIds: readonly UserId[]) => Promise<void>

async function change(
  context: Context,
  name: string,
  usernames: readonly string[],
  done: Done,
  apply: Change,
): Promise<void> {
  const users = parseUsernames(usernames)
  const chat = await synced(context)
  const group = await findGroup(chat, name)
  // The server refuses others, too: but only after key packages were claimed for nothing.
  const me = await chat.whoami()
  if (!group.members.some(({ userId, role }) => userId === me.userId && role === 'admin')) throw adminsOnly()
  if (done === 'removed' && users.includes(me.username))
    throw usageError(`${notOneself} ${formatTarget(group)} is as it was`)
  const userIds = await userIdsOf(chat, users)
  const isIn = (name: string) => group.members.some(({ username, hasLeft }) => username === name && !hasLeft)
  const stranger = users.find((name) => !isIn(name))
  if (done !== 'added' && stranger !== undefined) {
    throw new CliError('not_a_member', `${stranger} is not in ${formatTarget(group)}`)
  }
  await apply(chat, group, userIds)
  const known = users.filter((name) => isSo(done, group, name))
  const changed = users.filter((name) => !known.includes(name))
  const object = { type: done, conversation: group.conversation, name: group.name, users: changed }
  const told = [
    ...(changed.length > 0 ? [`${done} ${changed.join(', ')}`] : []),
    ...(known.length > 0 ? [`${known.join(', ')} ${known.length === 1 ? 'is' : 'are'} ${already[done]} already`] : []),
  ]
  context.out.result(object, `${formatTarget(group)}: ${told.join('; ')}`)
}

const notOneself = 'You cannot remove yourself: leave with fastchat group leave, or /leave in the chat.'

type Done = 'added' | 'removed' | 'promoted' | 'demoted'
const already: Readonly<Record<Done, string>> = {
  added: 'in it',
  removed: 'out of it',
  promoted: 'admin',
  demoted: 'no admin',
}

/** Whether there is nothing to do for that person. */
const isSo = (done: Done, { members }: ChatInfo, name: string): boolean =>
  members.some(
    ({ username, role, hasLeft }) =>
      username === name &&
      !hasLeft &&
      (done === 'added' || (done === 'promoted' && role === 'admin') || (done === 'demoted' && role === 'member')),
  )

/** @throws {CliError} `unknown_user` that names the first who does not exist, before anything is changed. */
async function userIdsOf(chat: Chat, usernames: readonly string[]): Promise<UserId[]> {
  const ids: UserId[] = []
  for (const username of usernames) {
    const person = await chat.user({ username })
    if (!person) throw new CliError('unknown_user', `There is no user called ${username}`)
    ids.push(person.userId)
  }
  return ids
}
