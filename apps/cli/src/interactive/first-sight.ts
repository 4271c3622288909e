import type { ConversationId } from '@fastchat/schema'
import type { HomeSession } from '../chat/home-session.ts'
import type { Context } from '../commands/context.ts'
import { formatChat } from '../text/format.ts'
import { unreadSummary } from './unread.ts'

/** The time that the first list waits for the server. Then it shows the state of this device. */
const firstSightMs = 3_000
const listedPeople = 12

/** Shows people, groups and unread counts. Returns the last known position of each chat. */
export async function firstSight(
  { out }: Context,
  { chat }: HomeSession,
): Promise<ReadonlyMap<ConversationId, number>> {
  const isServed = await chat.sync({ patienceMs: firstSightMs }).catch(() => false)
  const { username } = await chat.whoami()
  const people = isServed ? await chat.users({ query: '' }).catch(() => []) : []
  const chats = await chat.chats()
  const others = people.map((person) => person.username).filter((name) => name !== username)
  const summary = unreadSummary(chats)
  if (summary !== undefined) out.text(out.colors.yellow(summary))
  out.text(`${out.colors.bold(username)}: ${chats.length === 0 ? 'no chats yet' : 'your chats'}`)
  for (const info of chats) out.text(`  ${formatChat(info, out.colors)}`)
  if (others.length > 0) {
    const more = others.length > listedPeople ? ` and ${others.length - listedPeople} more (/users)` : ''
    out.text(`People: ${others.slice(0, listedPeople).join(', ')}${more}`)
  }
  out.text(out.colors.dim('/open NAME to talk, /help for the rest'))
  return new Map(chats.map(({ conversation, cursor }) => [conversation, cursor]))
}
