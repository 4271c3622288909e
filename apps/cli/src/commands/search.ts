import { newMessageId, type SearchProgress } from '@fastchat/client'
import type { Chat } from '../chat/chat.ts'
import type { SearchQuery } from '../chat/own-verbs.ts'
import { findTarget } from '../find-target.ts'
import { parseMoment } from '../parse-moment.ts'
import { parseUsernames } from '../parse-target.ts'
import type { Output } from '../text/output.ts'
import type { Context } from './context.ts'
import { userIdsOf } from './group-words.ts'
import { showLine } from './show-line.ts'
import { synced } from './sync.ts'

/** The messages after which the progress of a search is told again. */
const toldMessages = 20_000

export type SearchWishes = {
  readonly in?: string
  readonly from?: string
  readonly since?: string
  readonly lines: number
  readonly offline?: boolean
}

/** Prints the messages of this device's history that have all the words, the newest first. */
export async function search(context: Context, words: readonly string[], wishes: SearchWishes): Promise<void> {
  const { out, clock } = context
  const since = wishes.since === undefined ? undefined : parseMoment(wishes.since, '--since', new Date(clock.wallMs()))
  const chat = wishes.offline ? (await context.session()).chat : await synced(context)
  const place = wishes.in === undefined ? undefined : await findTarget(chat, wishes.in)
  if (place?.kind === 'person') return
  const [from] = wishes.from === undefined ? [] : await userIdsOf(chat, parseUsernames([wishes.from]))
  const { lines, isMore } = await runSearch(context, chat, {
    words: words.join(' '),
    limit: wishes.lines,
    ...(place && { in: place.chat.conversation }),
    ...(from !== undefined && { from }),
    ...(since !== undefined && { since }),
  })
  for (const line of lines) showLine(context, line, { withChat: place === undefined })
  if (lines.length === 0) out.note('No message has these words')
  else if (isMore && out.isTerminal && !out.isJson) out.note('Older ones match, too: raise --lines')
}

/** Runs a search, tells its progress, and ends it when the command is ended. */
async function runSearch(context: Context, chat: Chat, query: SearchQuery) {
  const { out, signal } = context
  const search = newMessageId()
  const tell = progressTeller(out)
  const stop = (await context.session()).onHint((hint) => {
    if (hint.type === 'search' && hint.search === search) tell(hint.progress)
  })
  const cancel = () => void chat.cancelSearch({ search }).catch(() => {})
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await chat.search({ ...query, search })
  } finally {
    signal.removeEventListener('abort', cancel)
    stop()
  }
}

/** Returns a function that tells how far a search is, in steps. A short one tells nothing. */
function progressTeller(out: Output): (progress: SearchProgress) => void {
  let next = toldMessages
  return ({ messages, chats, ofChats }) => {
    if (messages < next) return
    next = messages + toldMessages
    if (out.isJson) out.result({ type: 'progress', stage: 'searching', messages, chats, ofChats }, '')
    else if (out.isTerminal) out.note(out.colors.dim(`searched ${messages} messages in ${chats} of ${ofChats} chats`))
  }
}
