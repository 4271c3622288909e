import type { ChatInfo } from '../chat/chat.ts'
import type { SharedLine } from '../chat/group-events.ts'
import type { FileInfo, TranscriptLine } from '../chat/transcript-line.ts'
import {
  changeWords,
  deletedWords,
  type NumberOf,
  quoteLine,
  tagsOf,
  versionLines,
  withMentions,
} from './format-message.ts'
import type { Colors } from './output.ts'
import { isolated, safeName, safeText } from './safe-text.ts'
import { tickOf } from './ticks.ts'

export type LineStyle = {
  readonly colors: Colors
  /** Whether the line names its chat. */
  readonly withChat: boolean
  readonly now: Date
  /** Returns the command that saves the file of a message. Default: with the message's id. */
  readonly fileHint?: (line: TranscriptLine) => string
  /** Returns the number under which people name a message. It is shown before the line. */
  readonly numberOf?: NumberOf
  /** Whether messages of this user show how far they have come. */
  readonly withTicks?: boolean
}

/**
 * Formats a line of a conversation for a terminal. A text of others can't leave its place in it.
 */
export function formatLine(line: TranscriptLine, style: LineStyle): string {
  const { colors, withChat, now, fileHint, numberOf, withTicks = false } = style
  const number = numberOf && (line.type === 'message' ? numberOf(line.id) : undefined)
  const column = numberOf ? `${String(number ?? '').padStart(numberLetters)} ` : ''
  const time = colors.dim(`${column}${formatTime(new Date(line.at), now)}`)
  const chat = withChat ? `${colors.cyan(`[${isolated(safeName(line.chat))}]`)} ` : ''
  if (line.code !== undefined)
    return `${time} ${chat}${colors.red(colors.bold(`! ${safeName(line.text ?? line.code)}`))}`
  if (line.type === 'change') return `${time} ${chat}${colors.dim(`* ${isolated(changeWords(line, numberOf))}`)}`
  if (line.kind === 'deleted') return `${time} ${chat}${colors.dim(`* ${deletedWords(line)}`)}`
  if (line.type !== 'message') {
    const shared = (line.shared ?? []).map((one) => formatShared(one, { colors, now }))
    return [`${time} ${chat}${colors.dim(`* ${isolated(safeName(line.text ?? line.kind))}`)}`, ...shared].join('\n')
  }
  const from = `${withTicks ? tickOf(line) : ''}${colors.bold(isolated(author(line)))}${colors.dim(tagsOf(line))}${colors.bold(':')}`
  const text = withMentions(body(line, fileHint ?? saveById), line, colors)
  return `${quoteLine(line, colors)}${time} ${chat}${from} ${text}${versionLines(line, colors)}`
}

/**
 * Returns the author of a message. The username always stands there, since a display name may be
 * the name of somebody else.
 */
function author({ from = 'somebody', displayName, sameNameAs }: TranscriptLine): string {
  if (displayName === undefined) return safeName(from)
  const same = sameNameAs === undefined ? '' : `, not @${sameNameAs}`
  return safeName(`${displayName} (@${from}${same})`)
}

/** Formats a message that another member has shared. It stands apart from messages of the chat. */
function formatShared({ from, at, text }: SharedLine, { colors, now }: Pick<LineStyle, 'colors' | 'now'>): string {
  const time = formatTime(new Date(at), now)
  return colors.dim(`    | ${time} ${safeName(from)}: ${isolated(safeText(text)).replaceAll('\n', '\n    |   ')}`)
}

function body(line: TranscriptLine, fileHint: (line: TranscriptLine) => string): string {
  if (!line.file) return hang(isolated(safeText(line.text ?? '')))
  const caption = line.caption ? ` ${hang(isolated(safeText(line.caption)))}` : ''
  return `[${line.kind === 'file' ? 'file' : 'image'} ${formatFile(line.file)}; ${fileHint(line)}]${caption}`
}

/** The width of the numbers of messages. */
const numberLetters = 3

const saveById = ({ id }: TranscriptLine): string => `fastchat save ${id}`

/** Indents the further lines of a text, so that none looks like another message. */
const hang = (text: string): string => text.replaceAll('\n', '\n      ')

const formatFile = ({ name, width, height, size }: FileInfo): string =>
  [isolated(safeName(name)), ...(width && height ? [`${width}×${height}`] : []), formatSize(size)].join(', ')

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const kibibytes = bytes / 1024
  return kibibytes < 1024 ? `${Math.round(kibibytes)} KiB` : `${(kibibytes / 1024).toFixed(1)} MiB`
}

/** Formats a time as hours and minutes, with the date unless it is today. */
export function formatTime(at: Date, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`
  if (at.toDateString() === now.toDateString()) return time
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`
}

/** Returns the exact name of a chat, as people write it. */
export const formatTarget = ({ kind, name }: Pick<ChatInfo, 'kind' | 'name'>): string =>
  `${kind === 'direct' ? '@' : '#'}${safeName(name)}`

const statusNotes: Readonly<Partial<Record<ChatInfo['status'], string>>> = {
  left: 'you left',
  removed: 'you were removed',
  broken: 'stopped',
  joining: 'joining',
  new: 'being made',
}

export function formatChat(chat: ChatInfo, colors: Colors): string {
  const unread = chat.unread > 0 ? colors.yellow(` ${chat.unread} unread`) : ''
  const people = chat.kind === 'group' ? ` ${chat.members.filter(({ hasLeft }) => !hasLeft).length} members` : ''
  const waiting = chat.waiting > 0 ? ` ${chat.waiting} queued` : ''
  const status = chat.isBlocked ? 'blocked' : chat.isRequest ? 'request' : statusNotes[chat.status]
  const notes = [status, ...marksOf(chat)].filter((note) => note !== undefined)
  return `${isolated(formatTarget(chat))}${colors.dim(people)}${unread}${colors.dim(waiting)}${notes.length > 0 ? colors.dim(` (${notes.join(', ')})`) : ''}`
}

const marksOf = ({ isPinned, isMuted, isArchived, isMarkedUnread, draft }: ChatInfo): string[] => [
  ...(isPinned ? ['pinned'] : []),
  ...(isMuted ? ['muted'] : []),
  ...(isArchived ? ['archived'] : []),
  ...(isMarkedUnread ? ['marked as unread'] : []),
  ...(draft === undefined ? [] : ['draft']),
]

/** Returns a chat as --json prints it. */
export const chatObject = (chat: ChatInfo): Readonly<Record<string, unknown>> => ({
  type: 'chat',
  conversation: chat.conversation,
  kind: chat.kind,
  name: chat.name,
  unread: chat.unread,
  status: chat.status,
  at: new Date(chat.lastAt).toISOString(),
  queued: chat.waiting,
  ...(chat.isRequest && { request: true }),
  ...(chat.isBlocked && { blocked: true }),
  members: chat.members.map(({ username, role }) => ({ username, role })),
  ...(chat.isMuted && { muted: chat.mutedUntil === undefined ? 'always' : new Date(chat.mutedUntil).toISOString() }),
  ...(chat.isArchived && { archived: true }),
  ...(chat.isMarkedUnread && { marked_unread: true }),
  ...(chat.isPinned && { pinned: true }),
  ...(chat.draft !== undefined && { draft: chat.draft }),
  ...(chat.topic !== undefined && { topic: chat.topic }),
})
