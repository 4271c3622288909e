import type { ChatInfo } from '../chat/chat.ts'
import type { ChatMark } from '../chat/own-verbs.ts'
import { CliError, usageError } from '../cli-error.ts'
import { findTarget } from '../find-target.ts'
import { chatObject, formatChat, formatTarget } from '../text/format.ts'
import { safeText } from '../text/safe-text.ts'
import type { Context } from './context.ts'
import { synced } from './sync.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** The longest mute that ends by itself. */
const maxMuteMs = 366 * dayMs
const duration = /^(\d{1,4})(m|h|d)$/
const unitMs = { m: 60_000, h: hourMs, d: dayMs } as const

/** Mutes a chat for a while or always, or ends the mute. @throws {CliError} `usage` */
export async function mute(context: Context, to: string, written: string): Promise<void> {
  const until = readUntil(written, context.clock.wallMs())
  await mark(context, to, { kind: 'mute', ...(until !== undefined && { until }) })
}

export const archive = (context: Context, to: string): Promise<void> => mark(context, to, { kind: 'archive' })
export const unarchive = (context: Context, to: string): Promise<void> => mark(context, to, { kind: 'unarchive' })
export const unpinChat = (context: Context, to: string): Promise<void> => mark(context, to, { kind: 'unpin' })

export const markUnread = (context: Context, to: string): Promise<void> =>
  mark(context, to, { kind: 'unread', isUnread: true })
export const unmarkUnread = (context: Context, to: string): Promise<void> =>
  mark(context, to, { kind: 'unread', isUnread: false })

/** Pins a chat. @param place counts the pinned chats from 1; default: behind them */
export const pinChat = (context: Context, to: string, place?: number): Promise<void> =>
  mark(context, to, { kind: 'pin', ...(place !== undefined && { place: place - 1 }) })

/** Shows the draft of a chat, or sets it. An empty text removes it. */
export async function draft(context: Context, to: string, text: string | undefined): Promise<void> {
  if (text !== undefined) return await mark(context, to, { kind: 'draft', text })
  const { chat, info } = await find(context, to)
  const known = (await chat.chats()).find(({ conversation }) => conversation === info.conversation) ?? info
  const words = known.draft === undefined ? `No draft for ${formatTarget(info)}` : safeText(known.draft)
  context.out.result(chatObject(known), words)
}

async function mark(context: Context, to: string, change: ChatMark): Promise<void> {
  const { chat, info } = await find(context, to)
  const { conversation } = info
  await chat.markChat({ conversation, mark: change })
  const after = (await chat.chats()).find((one) => one.conversation === conversation) ?? info
  context.out.result(chatObject(after), formatChat(after, context.out.colors))
}

async function find(context: Context, to: string) {
  const chat = await synced(context)
  const found = await findTarget(chat, to)
  if (found.kind === 'chat') return { chat, info: found.chat satisfies ChatInfo }
  throw new CliError('unknown_conversation', `There is no chat with ${found.person.username} yet: send a message first`)
}

function readUntil(written: string, nowMs: number): number | null | undefined {
  if (written === 'off') return undefined
  if (written === 'always') return null
  const [, count = '', unit = 'm'] = duration.exec(written) ?? []
  // The cast holds because the pattern allows only these letters.
  const ms = Number(count) * unitMs[unit as keyof typeof unitMs]
  if (count === '' || ms === 0 || ms > maxMuteMs) throw usageError('A mute is 1h, 8h, 3d, always or off')
  return nowMs + ms
}
