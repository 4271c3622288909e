import type { Chat, ChatInfo } from '../chat/chat.ts'
import { findTarget } from '../find-target.ts'
import { streamNotice, watchLink } from '../text/watch-link.ts'
import type { Context } from './context.ts'
import { followChats } from './follow-chats.ts'
import { showLine } from './show-line.ts'

export type TailOptions = {
  /** End after so many messages. */
  readonly count?: number
  /** End after so many seconds. */
  readonly for?: number
  /** Also what this device sent. */
  readonly own?: boolean
}

/** As long as a timer can be set: for ever. */
const foreverMs = 2 ** 31 - 1

/** Shows what is unread and then what comes, and marks it as read. It catches up first, however short its time. */
export async function tail(context: Context, to: string | undefined, options: TailOptions): Promise<void> {
  const { out } = context
  const limitMs = options.for === undefined ? foreverMs : Math.ceil(options.for * 1000)
  const startedAt = performance.now()
  const session = await context.session()
  const stopWatching = watchLink(session, streamNotice(out))
  try {
    await session.chat.sync({ patienceMs: limitMs })
    const isWanted = to === undefined ? () => true : await wanted(session.chat, to)
    const limit = AbortSignal.timeout(Math.max(0, Math.ceil(limitMs - (performance.now() - startedAt))))
    const signal = AbortSignal.any([context.signal, limit])
    let left = options.count ?? Number.POSITIVE_INFINITY
    const following = { isWanted, own: options.own ?? false, signal, drained: () => out.drained() }
    await followChats(session, following, (line) => {
      showLine(out, line, { withChat: to === undefined })
      if (line.type === 'message') left--
      return left > 0
    })
  } finally {
    stopWatching()
  }
}

/** Somebody with whom there is no chat yet may begin one. */
async function wanted(chat: Chat, to: string): Promise<(chat: ChatInfo) => boolean> {
  const found = await findTarget(chat, to)
  if (found.kind === 'chat') return ({ conversation }) => conversation === found.chat.conversation
  return ({ kind, name }) => kind === 'direct' && name === found.person.username
}
