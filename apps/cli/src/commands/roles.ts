import { join } from 'node:path'
import { newMessageId, type WantedPolicies } from '@fastchat/client'
import { maxSharedParts, type UserId } from '@fastchat/schema'
import type { Chat, ChatInfo } from '../chat/chat.ts'
import { policyWords } from '../chat/group-events.ts'
import { CliError, usageError } from '../cli-error.ts'
import { findGroup } from '../find-target.ts'
import { parseGroupName, parseUsernames } from '../parse-target.ts'
import { formatTarget } from '../text/format.ts'
import { safeName } from '../text/safe-text.ts'
import { adminsOnly } from '../to-cli-error.ts'
import type { Context } from './context.ts'
import { userIdsOf } from './group-words.ts'
import { synced } from './sync.ts'

type Shown = { readonly isShownInChat?: boolean }

/** Says whether a user is an admin of a group. The owner is one, too. */
export const isAdmin = ({ members }: ChatInfo, me: UserId): boolean =>
  members.some(({ userId, role }) => userId === me && role !== 'member')

/** Makes a member the owner of a group. */
export async function groupTransfer(
  context: Context,
  name: string,
  username: string,
  shown: Shown = {},
): Promise<void> {
  const { chat, group } = await groupOf(context, name)
  const userId = await memberOf(chat, group, username)
  const { conversation } = group
  await chat.group({ act: 'transfer', conversation, userId })
  tell(context, group, { type: 'owner', user: username }, `${username} owns it now, and you are an admin`, shown)
}

/** Removes a member and adds them again, under the key that is accepted now. */
export async function groupReadd(context: Context, name: string, username: string, shown: Shown = {}): Promise<void> {
  const { chat, group } = await groupOf(context, name, { isForAdmins: true })
  const userId = await memberOf(chat, group, username)
  await chat.group({ act: 'addAgain', conversation: group.conversation, userId })
  tell(context, group, { type: 'readded', user: username }, `removed ${username} and added them again`, shown)
}

/** Gives a group another name. */
export async function groupRename(context: Context, name: string, written: string, shown: Shown = {}): Promise<void> {
  const wanted = parseGroupName(written)
  const { chat, group } = await groupOf(context, name, { isForAdmins: true })
  const { conversation } = group
  await chat.group({ act: 'rename', conversation, name: wanted })
  tell(context, group, { type: 'renamed', to: wanted }, `it is called #${wanted} now`, shown)
}

/** Shows or sets the topic of a group. */
export async function groupTopic(
  context: Context,
  name: string,
  written: string | undefined,
  { clear = false, ...shown }: Shown & { readonly clear?: boolean } = {},
): Promise<void> {
  if (written !== undefined && clear) throw usageError('Give a topic or --clear, not both')
  const isChange = written !== undefined || clear
  const { chat, group } = await groupOf(context, name, { isForAdmins: isChange })
  const { conversation } = group
  if (isChange) {
    await chat.group({ act: 'topic', conversation, topic: written ?? '' })
    tell(
      context,
      group,
      { type: 'topic', topic: written ?? '' },
      clear ? 'it has no topic now' : 'the topic is set',
      shown,
    )
    return
  }
  const topic = group.topic ?? ''
  const words = topic === '' ? `${formatTarget(group)} has no topic` : safeName(topic)
  context.out.result({ type: 'topic', conversation, name: group.name, topic }, words)
}

type PictureOptions = Shown & { readonly clear?: boolean; readonly save?: string }

/** Sets, removes or saves the picture of a group. It is made small, without its metadata. */
export async function groupPicture(
  context: Context,
  name: string,
  path: string | undefined,
  { clear = false, save, ...shown }: PictureOptions = {},
): Promise<void> {
  if ([path !== undefined, clear, save !== undefined].filter(Boolean).length > 1)
    throw usageError('Give a picture, --clear or --save, only one of them')
  const isChange = path !== undefined || clear
  const { chat, group } = await groupOf(context, name, { isForAdmins: isChange })
  const { conversation } = group
  if (path !== undefined) {
    const bytes = await smallPicture(path)
    await chat.group({ act: 'picture', conversation, bytes: bytes.toString('base64') })
    tell(context, group, { type: 'picture', bytes: bytes.length }, 'the picture is set', shown)
    return
  }
  if (clear) {
    await chat.group({ act: 'picture', conversation, bytes: null })
    tell(context, group, { type: 'picture', bytes: 0 }, 'it has no picture now', shown)
    return
  }
  const picture = await chat.picture({ conversation })
  const bytes = picture === null ? undefined : Buffer.from(picture, 'base64')
  if (save === undefined || bytes === undefined) {
    const words = bytes ? 'It has a picture. Save it with --save DIR' : `${formatTarget(group)} has no picture`
    context.out.result({ type: 'picture', conversation, name: group.name, bytes: bytes?.length ?? 0 }, words)
    return
  }
  const { saveFile } = await import('../images/save-file.ts')
  const saved = await saveFile(join(context.env.cwd, save), `group.${bytes[0] === 0xff ? 'jpg' : 'webp'}`, bytes)
  context.out.result({ type: 'picture', conversation, name: group.name, bytes: bytes.length, path: saved }, saved)
}

async function smallPicture(path: string): Promise<Buffer> {
  const { prepareImage } = await import('../images/prepare-image.ts')
  const { thumbnail } = await prepareImage(path, { original: false })
  if (thumbnail) return thumbnail
  throw new CliError('invalid_payload', `${path} cannot be made small here. Use a JPEG, PNG or WebP`)
}

/** Shows or sets who may add people, and who may write. */
export async function groupRules(
  context: Context,
  name: string,
  { add, write, ...shown }: WantedPolicies & Shown,
): Promise<void> {
  const policies: WantedPolicies = { ...(add && { add }), ...(write && { write }) }
  const isChange = add !== undefined || write !== undefined
  const { chat, group } = await groupOf(context, name, { isForAdmins: isChange })
  const { conversation } = group
  if (isChange) {
    await chat.group({ act: 'policies', conversation, policies })
    tell(context, group, { type: 'rules', ...policies }, policyWords(policies).join(', '), shown)
    return
  }
  const words = `${formatTarget(group)}: ${policyWords(group.policies).join(', ')}`
  context.out.result({ type: 'rules', conversation, name: group.name, ...group.policies }, words)
}

/** Lists the users who may not be added to a group. */
export async function groupBans(context: Context, name: string): Promise<void> {
  const { group } = await groupOf(context, name)
  const { conversation } = group
  if (group.banned.length === 0 && !context.out.isJson) context.out.note(`Nobody is banned from ${formatTarget(group)}`)
  for (const { username } of group.banned)
    context.out.result({ type: 'banned', conversation, name: group.name, username }, username)
}

/** Lets banned users be added again. */
export async function groupUnban(
  context: Context,
  name: string,
  usernames: readonly string[],
  shown: Shown = {},
): Promise<void> {
  const { chat, group } = await groupOf(context, name, { isForAdmins: true })
  const users = parseUsernames(usernames)
  const free = users.find((user) => !group.banned.some(({ username }) => username === user))
  if (free !== undefined) throw new CliError('not_banned', `${free} is not banned from ${formatTarget(group)}`)
  const userIds = group.banned.filter(({ username }) => users.includes(username)).map(({ userId }) => userId)
  await chat.group({ act: 'unban', conversation: group.conversation, userIds })
  tell(context, group, { type: 'unbanned', users }, `${users.join(', ')} may be added again`, shown)
}

/** Shares the last messages with members of a group. All members see a line about it. */
export async function groupShare(
  context: Context,
  name: string,
  count: number,
  usernames: readonly string[],
  shown: Shown = {},
): Promise<void> {
  const { chat, group } = await groupOf(context, name)
  const userIds = await userIdsOf(chat, parseUsernames(usernames))
  await shareWith(context, chat, group, userIds, count, shown)
}

/** Shares the last `count` messages that this device has. */
export async function shareWith(
  context: Context,
  chat: Chat,
  group: ChatInfo,
  userIds: readonly UserId[],
  count: number,
  shown: Shown = {},
): Promise<void> {
  if (userIds.length === 0) return
  const { conversation } = group
  const ids = Array.from({ length: maxSharedParts }, newMessageId)
  const shared = await chat.group({ act: 'share', conversation, userIds, count, ids })
  const words = shared === 0 ? 'this device has no texts to share' : `shared the last ${shared} messages`
  tell(context, group, { type: 'shared', messages: shared }, words, shown)
}

/** Leaves a group. @param successor the username of who owns it next, or is admin next */
export async function groupLeave(context: Context, name: string, successor?: string): Promise<void> {
  const { chat, group } = await groupOf(context, name)
  const { conversation } = group
  const next = successor === undefined ? {} : { successor: await memberOf(chat, group, successor) }
  await chat.group({ act: 'leave', conversation, id: newMessageId(), ...next })
  const object = { type: 'left', conversation, name: group.name, ...(successor !== undefined && { successor }) }
  context.out.result(object, `You left ${formatTarget(group)}`)
}

async function groupOf(
  context: Context,
  name: string,
  { isForAdmins = false }: { readonly isForAdmins?: boolean } = {},
): Promise<{ readonly chat: Chat; readonly group: ChatInfo }> {
  const chat = await synced(context)
  const group = await findGroup(chat, name)
  if (isForAdmins && !isAdmin(group, (await chat.whoami()).userId)) throw adminsOnly()
  return { chat, group }
}

async function memberOf(chat: Chat, group: ChatInfo, written: string): Promise<UserId> {
  const users = parseUsernames([written])
  const [userId] = await userIdsOf(chat, users)
  const isIn = group.members.some((member) => member.userId === userId && !member.hasLeft)
  if (userId !== undefined && isIn) return userId
  throw new CliError('not_a_member', `${users[0]} is not in ${formatTarget(group)}`)
}

function tell(
  { out }: Context,
  group: ChatInfo,
  object: Readonly<Record<string, unknown>>,
  words: string,
  { isShownInChat = false }: Shown,
): void {
  const { conversation, name } = group
  if (!isShownInChat) out.result({ conversation, name, ...object }, `${formatTarget(group)}: ${words}`)
}
