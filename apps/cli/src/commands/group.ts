import { newConversationId, newMessageId } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import { CliError } from '../cli-error.ts'
import { findGroup } from '../find-target.ts'
import { parseGroupName, parseUsernames } from '../parse-target.ts'
import { formatTarget } from '../text/format.ts'
import type { ChangeOptions } from './change-group.ts'
import type { Context } from './context.ts'
import { type CreateLine, checkMemberCount, createCommand, hintAtName, userIdsOf } from './group-words.ts'
import { synced } from './sync.ts'

/**
 * Makes a group. @returns the new group's id.
 * @param line says how a person types this command, for the error of an unknown user.
 */
export async function groupCreate(
  context: Context,
  written: string,
  usernames: readonly string[],
  { isShownInChat = false, line = createCommand }: ChangeOptions & { readonly line?: CreateLine } = {},
): Promise<ConversationId> {
  const name = parseGroupName(written)
  const parsed = parseUsernames(usernames)
  const chat = await synced(context)
  const me = (await chat.whoami()).username
  const others = parsed.filter((username) => username !== me)
  checkMemberCount(others.length + 1)
  const userIds = await userIdsOf(chat, others).catch((error: unknown) => {
    throw hintAtName(error, written, usernames, line)
  })
  const conversation = newConversationId()
  await chat.createGroup({ conversation, name, userIds })
  if (others.length < parsed.length) context.out.note('You are in the group that you make: you need not name yourself')
  const members = [me, ...others]
  const object = { type: 'group', conversation, name, members }
  if (!isShownInChat) context.out.result(object, `Created #${name} with ${members.join(', ')}`)
  return conversation
}

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
    const notes = [...(role === 'member' ? [] : [role]), ...(isSilent ? ['not heard from yet'] : [])]
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
