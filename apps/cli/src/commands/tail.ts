import type { ConversationId } from '@fastchat/schema'
import type { Chat, ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TellableNews } from '../devices/news.ts'
import { findTarget } from '../find-target.ts'
import { streamNotice, watchLink } from '../text/watch-link.ts'
import type { Context } from './context.ts'
import { followChats } from './follow-chats.ts'
import { tellRequest } from './people.ts'
import { showLine } from './show-line.ts'
import { signalObject } from './signals.ts'

export type TailOptions = {
  /** Ends after this many messages. */
  readonly count?: number
  /** Ends after this many seconds. */
  readonly for?: number
  /** Shows messages of this device, too. */
  readonly own?: boolean
  /** Shows messages in chats that wait until they are accepted, too. */
  readonly requests?: boolean
  /** Tells signals, too, as JSON. */
  readonly signals?: boolean
}

/** The number of different news that one run tells. */
const maxNews = 1_000
/** The longest time of a timer. It stands for no limit. */
const foreverMs = 2 ** 31 - 1

/**
 * Shows unread and then new messages, and marks them as read. It catches up first, also when its
 * time is shorter than that.
 */
export async function tail(context: Context, to: string | undefined, options: TailOptions): Promise<void> {
  const { out, clock } = context
  const limitMs = options.for === undefined ? foreverMs : Math.ceil(options.for * 1000)
  const startedAt = clock.monotonicMs()
  const told = new Map<ConversationId, Promise<void>>()
  const session = await context.session()
  const stopWatching = watchLink(session, streamNotice(out), clock)
  const stopNews = out.isJson ? await tellNews(context, session) : () => {}
  const stopSignals = session.onHint((hint) => {
    if (options.signals && out.isJson && hint.type === 'signal') out.result(signalObject(hint), '')
  })
  try {
    await session.chat.sync({ patienceMs: limitMs })
    const isWanted =
      to === undefined ? isAccepted(context, session.chat, options, told) : await wanted(session.chat, to)
    const limit = AbortSignal.timeout(Math.max(0, Math.ceil(limitMs - (clock.monotonicMs() - startedAt))))
    const signal = AbortSignal.any([context.signal, limit])
    let left = options.count ?? Number.POSITIVE_INFINITY
    const following = { isWanted, own: options.own ?? false, signal, drained: () => out.drained() }
    await followChats(session, following, (line) => {
      showLine(context, line, { withChat: to === undefined })
      if (line.type === 'message') left--
      return left > 0
    })
    await Promise.all(told.values())
  } finally {
    stopWatching()
    stopSignals()
    stopNews()
  }
}

/** Prints the news of the account: those at which nobody has looked, and those that come. */
async function tellNews({ out }: Context, session: HomeSession): Promise<() => void> {
  const told = new Set<string>()
  const tell = ({ news, message }: TellableNews) => {
    if (told.has(message) || told.size >= maxNews) return
    told.add(message)
    out.result({ ...news, message }, '')
  }
  const stop = session.onHint((hint) => {
    if (hint.type === 'news') tell(hint)
  })
  for (const one of await session.chat.news()) tell(one)
  return stop
}

/**
 * Returns whether the lines of a chat are shown. A chat of a stranger is named once, and its lines
 * wait until it is accepted.
 */
function isAccepted(
  { out }: Context,
  chat: Chat,
  { requests = false }: TailOptions,
  told: Map<ConversationId, Promise<void>>,
): (chat: Pick<ChatInfo, 'conversation' | 'isRequest' | 'status'>) => boolean {
  return ({ conversation, isRequest, status }) => {
    if (requests || !isRequest) return true
    if (status === 'active' && !told.has(conversation)) told.set(conversation, tellRequest(out, chat, conversation))
    return false
  }
}

/** Returns whether a chat is the wanted one. A person without a chat yet may begin it later. */
async function wanted(chat: Chat, to: string): Promise<(chat: ChatInfo) => boolean> {
  const found = await findTarget(chat, to)
  if (found.kind === 'chat') return ({ conversation }) => conversation === found.chat.conversation
  return ({ kind, name }) => kind === 'direct' && name === found.person.username
}
