import type { ConversationId } from '@fastchat/schema'
import type { Chat, Person } from '../chat/chat.ts'
import type { Request, Safety } from '../chat/people-verbs.ts'
import { CliError, usageError } from '../cli-error.ts'
import { findTarget } from '../find-target.ts'
import { parseUsername } from '../parse-target.ts'
import { formatTarget } from '../text/format.ts'
import { safeName } from '../text/safe-text.ts'
import type { Context } from './context.ts'
import { synced } from './sync.ts'

export type VerifyOptions = {
  readonly mark?: boolean
  readonly unmark?: boolean
  readonly compare?: string
  readonly acceptNewKey?: boolean
}

/** Shows the safety number with a person, and marks the person as verified. */
export async function verify(context: Context, written: string, options: VerifyOptions = {}): Promise<void> {
  const { mark = false, unmark = false, compare, acceptNewKey = false } = options
  if ([mark, unmark, compare !== undefined, acceptNewKey].filter(Boolean).length > 1)
    throw usageError('Give one of --mark, --unmark, --compare and --accept-new-key')
  const chat = await synced(context)
  const { userId, username } = await personCalled(chat, written)
  if (compare !== undefined) await chat.compare({ userId, digits: compare })
  if (acceptNewKey) {
    const isAccepted = await acceptNewKeys(context, chat, [{ userId, username }])
    if (!isAccepted) throw new CliError('no_new_key', `No new key of ${username} was shown, so nothing was changed`)
    return
  }
  if (mark || unmark) await chat.verify({ userId, isVerified: mark })
  const safety = await chat.safety({ userId })
  if (mark || unmark || compare !== undefined) return tellMark(context, username, safety)
  context.out.result(safetyObject(username, safety), await safetyWords(username, safety))
}

function tellMark({ out }: Context, username: string, safety: Safety): void {
  const words = safety.isVerified
    ? `${username} is marked as verified on all your devices`
    : `${username} is no longer marked as verified`
  out.result(safetyObject(username, safety), words)
}

const safetyObject = (username: string, { number, isVerified, change }: Safety) => ({
  type: 'safety_number',
  username,
  number,
  verified: isVerified,
  ...(change && { shownNumber: change.number }),
})

/** The rows of digits in which people read a safety number aloud. */
const rowsOf = (number: string): string =>
  (number.match(/(?:\d{5} ?){4}/g) ?? []).map((row) => `  ${row.trim()}`).join('\n')

async function safetyWords(username: string, { number, isVerified, change }: Safety): Promise<string> {
  // Few commands draw a QR code, so it is loaded here.
  const { qrCode } = await import('../text/qr-code.ts')
  const shown = change
    ? ['', `The server shows another key for ${username}. The number with that key:`, rowsOf(change.number)]
    : []
  return [
    `Your safety number with ${username}${isVerified ? ' (verified)' : ''}:`,
    rowsOf(number),
    qrCode(number.replaceAll(' ', '')),
    `Compare it with what ${username} sees, by a call or in person. Equal numbers mean that nobody is between you.`,
    `Then: fastchat verify ${username} --mark. Or give the digits of the other side: fastchat verify ${username} --compare "DIGITS"`,
    ...shown,
  ].join('\n')
}

/**
 * Accepts the other key that was shown for people, after both numbers were shown. Returns whether
 * there was such a key.
 */
export async function acceptNewKeys(context: Context, chat: Chat, people: readonly Person[]): Promise<boolean> {
  let isAccepted = false
  for (const { userId, username } of people) {
    const { number, change } = await chat.safety({ userId })
    if (!change) continue
    context.out.note(`The number with the key of ${username} that was known here:\n${rowsOf(number)}`)
    context.out.note(`The number with the new key, which is accepted now:\n${rowsOf(change.number)}`)
    await chat.acceptKey({ userId, key: change.key })
    const words = `Accepted the new key of ${username}`
    if (context.out.isJson) context.out.result({ type: 'key_accepted', username, number: change.number }, words)
    else context.out.note(words)
    await tellFormerKeys(context, chat, { userId, username })
    isAccepted = true
  }
  return isAccepted
}

/** Tells which groups still have the former key of a person, and the command that mends them. */
async function tellFormerKeys({ out }: Context, chat: Chat, { userId, username }: Person): Promise<void> {
  for (const { conversation, name, mayMend } of await chat.formerKeyGroups({ userId })) {
    const target = safeName(`#${name}`)
    const mend = `fastchat group readd "#${conversation}" ${username}`
    const words = mayMend
      ? `${target} still has the former key of ${username}. To remove them and add them again: ${mend}`
      : `${target} still has the former key of ${username}. Ask an admin of it who has accepted the new key to run: ${mend}`
    if (out.isJson) out.result({ type: 'former_key', username, conversation, name, mayMend }, words)
    else out.note(words)
  }
}

/** Lists the chats that wait until they are accepted. */
export async function requests(context: Context): Promise<void> {
  const found = await (await synced(context)).requests()
  for (const request of found) context.out.result(requestObject(request), requestWords(request))
  if (found.length === 0) context.out.text('No requests')
}

const requestObject = ({ conversation, kind, name, from }: Request) => ({
  ...{ type: 'request', conversation, kind, name },
  ...(from !== undefined && { from }),
})

/** Tells that a chat waits until it is accepted. Chats of blocked people are not told. */
export async function tellRequest(
  out: Context['out'],
  chat: Pick<Chat, 'requests'>,
  id: ConversationId,
): Promise<void> {
  const request = (await chat.requests()).find(({ conversation }) => conversation === id)
  if (!request) return
  if (out.isJson) out.result(requestObject(request), requestWords(request))
  else out.note(requestWords(request))
}

export function requestWords(request: Request): string {
  const { kind, conversation, name, from = 'somebody' } = request
  const what = kind === 'direct' ? `${from} wants to talk to you` : `${from} added you to ${formatTarget(request)}`
  const to = kind === 'direct' ? `@${name}` : `"#${conversation}"`
  const leave = kind === 'group' ? `, fastchat group leave ${to}` : ''
  return safeName(`${what}: fastchat accept ${to}, fastchat block ${from}${leave}`)
}

/** Accepts a chat, or a person with all chats that they began. */
export async function accept(context: Context, to: string): Promise<void> {
  const chat = await synced(context)
  const found = await findTarget(chat, to)
  if (found.kind === 'person') {
    const { userId, username } = found.person
    await chat.acceptUser({ userId })
    return context.out.result({ type: 'accepted', username }, `Accepted ${username}`)
  }
  const { conversation, kind, name, members } = found.chat
  const me = await chat.whoami()
  const peer = members.find(({ userId }) => userId !== me.userId)
  if (kind === 'direct' && peer) await chat.acceptUser({ userId: peer.userId })
  await chat.acceptChat({ conversation })
  context.out.result({ type: 'accepted', conversation, name }, `Accepted ${formatTarget(found.chat)}`)
}

export async function block(context: Context, written: string): Promise<void> {
  const chat = await synced(context)
  const { userId, username } = await personCalled(chat, written)
  await chat.block({ userId })
  const words = `Blocked ${username}. They are not told. fastchat unblock ${username} ends it`
  context.out.result({ type: 'blocked', username, userId }, words)
}

export async function unblock(context: Context, written: string): Promise<void> {
  const chat = await synced(context)
  const { userId, username } = await personCalled(chat, written)
  await chat.unblock({ userId })
  context.out.result({ type: 'unblocked', username, userId }, `${username} is no longer blocked`)
}

export async function blocked(context: Context): Promise<void> {
  const people = await (await synced(context)).blocked()
  for (const { username, userId } of people) context.out.result({ type: 'blocked', username, userId }, username)
  if (people.length === 0) context.out.text('Nobody is blocked')
}

export type ForgetOptions = {
  /** Takes the latest removal back, if it was made just before. */
  readonly undo?: boolean
  /** The time in which the removal can be taken back. A one-shot command leaves none. */
  readonly undoMs?: number
}

/** Removes a chat with its history from all devices of the account. Nobody else is told. */
export async function forget(
  context: Context,
  written: string | undefined,
  { undo = false, undoMs = 0 }: ForgetOptions = {},
): Promise<void> {
  if (undo === (written !== undefined)) throw usageError('Name a chat to remove, or give --undo')
  const chat = await synced(context)
  if (written === undefined) return await undoForget(context, chat)
  const found = await findTarget(chat, written)
  if (found.kind === 'person')
    throw new CliError('unknown_name', `You have no chat with ${found.person.username}, so nothing was removed`)
  const { conversation, name } = found.chat
  await chat.forget({ conversation, undoMs })
  const seconds = Math.round(undoMs / 1_000)
  const words =
    undoMs > 0
      ? `Removed ${formatTarget(found.chat)} from your chats. /forget undo brings it back within ${seconds} seconds`
      : `Removed ${formatTarget(found.chat)}: its history is gone from this device, and from your others when they connect`
  context.out.result({ type: 'forgotten', conversation, name, ...(undoMs > 0 && { undoMs }) }, words)
}

async function undoForget({ out }: Context, chat: Chat): Promise<void> {
  const kept = await chat.undoForget()
  if (!kept)
    throw new CliError('nothing_to_undo', 'No chat was removed in the last seconds, so there is nothing to undo')
  out.result({ type: 'kept', ...kept }, `${safeName(kept.name)} is in your chats again`)
}

/**
 * Returns the user with that name. A known user is found without the directory, which may show
 * another key for them.
 * @throws {CliError} `unknown_user`
 */
export async function personCalled(chat: Chat, written: string): Promise<Person> {
  const username = parseUsername(written)
  const person = (await chat.knownUser({ username })) ?? (await chat.user({ username }))
  if (person) return person
  throw new CliError('unknown_user', `There is no user called ${username}`)
}

/** Returns the people in the direct chat or with the names that a command is about. */
export async function peopleCalled(chat: Chat, names: readonly string[]): Promise<Person[]> {
  return await Promise.all(names.map((name) => personCalled(chat, name)))
}
