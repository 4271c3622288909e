import type { ChatInfo } from '../chat/chat.ts'
import { formatTarget, formatTime } from '../text/format.ts'

/** The chats that the summary names. */
const namedChats = 5
const weekMs = 7 * 24 * 3_600_000

const counts = ({ unread, isMuted, isArchived }: ChatInfo): boolean => unread > 0 && !isMuted && !isArchived
const total = (chats: readonly ChatInfo[]): number => chats.reduce((sum, { unread }) => sum + unread, 0)

/** Returns the number of unread messages that a person wants to know of. */
export const unreadCount = (chats: readonly ChatInfo[]): number => total(chats.filter(counts))

/** Returns the unread messages in words, most first. Undefined: there are none. */
export function unreadSummary(chats: readonly ChatInfo[]): string | undefined {
  const loud = chats.filter(counts).toSorted((a, b) => b.unread - a.unread)
  const quiet = total(chats.filter((chat) => chat.unread > 0 && !counts(chat)))
  if (loud.length === 0 && quiet === 0) return undefined
  const named = loud.slice(0, namedChats).map((chat) => `${formatTarget(chat)} ${chat.unread}`)
  const more = loud.length > namedChats ? [`${loud.length - namedChats} more`] : []
  const where = `${total(loud)} new in ${loud.length === 1 ? '1 chat' : `${loud.length} chats`}`
  const muted = quiet === 0 ? '' : `${quiet} in muted or archived chats`
  if (loud.length === 0) return `Nothing new but ${muted}`
  return `${where}: ${[...named, ...more].join(', ')}${muted === '' ? '' : ` (and ${muted})`}`
}

/** Returns the line above the first unread message. @param since the time of that message */
export function unreadDivider(count: number, since: Date, now: Date): string {
  return `── ${count} new since ${momentOf(since, now)} ──`
}

/** Formats a time within the last week with its weekday. */
function momentOf(at: Date, now: Date): string {
  const isLong = Math.abs(now.getTime() - at.getTime()) >= weekMs - 12 * 3_600_000
  if (isLong || at.toDateString() === now.toDateString()) return formatTime(at, now)
  const day = at.toLocaleDateString('en-GB', { weekday: 'long' })
  return `${day} ${formatTime(at, at)}`
}
