import type { ConversationId } from '@fastchat/schema'
import type { ChatInfo, Me } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { CliError } from '../cli-error.ts'

export type Following = {
  readonly isWanted: (chat: ChatInfo) => boolean
  /** Whether lines of this device are given, too. */
  readonly own: boolean
  readonly signal: AbortSignal
  /** Whether the person sees the lines of a chat, so that they count as read. Default: always. */
  readonly isRead?: (chat: ChatInfo) => boolean
  /** The positions to begin after. Default: the last read line of each chat. */
  readonly from?: ReadonlyMap<ConversationId, number>
  /** Called with all chats each time that something has changed. */
  readonly looked?: (chats: readonly ChatInfo[]) => void
  /** Resolves when the output has taken the lines. No more lines are read before. */
  readonly drained?: () => Promise<void>
}

/**
 * Calls `show` with every line once, in order: the unread lines of each chat, then new lines as
 * they come. Marks them as read. Looks at least once. Ends when `show` returns false, when the
 * signal aborts, or with the error that ended the connection.
 *
 * Hints only say in which chat to look, and lines are read by position. So no line is lost or
 * doubled when another process takes over the home.
 */
export async function followChats(
  session: HomeSession,
  { isWanted, own, signal, isRead = () => true, from, looked, drained = async () => {} }: Following,
  show: (line: TranscriptLine) => boolean | Promise<boolean>,
): Promise<void> {
  const { chat } = session
  const me = await chat.whoami()
  const shown = new Map<ConversationId, number>(from)
  let changed: Set<ConversationId> | 'all' = 'all'
  let ended: CliError | undefined
  let wake = Promise.withResolvers<void>()

  const stop = session.onHint((hint) => {
    if (hint.type === 'link') {
      if (hint.link.state === 'ended') ended = new CliError(hint.link.code, hint.link.message)
      else return
    } else if (hint.type !== 'changed') return
    else if (hint.conversation === undefined) changed = 'all'
    else if (changed !== 'all') changed.add(hint.conversation)
    wake.resolve()
  })
  const abort = () => wake.resolve()
  signal.addEventListener('abort', abort)

  /** Shows the new lines of a chat. Returns whether to go on. */
  const giveNew = async (info: ChatInfo): Promise<boolean> => {
    const { conversation, readSeq, cursor } = info
    let at = shown.get(conversation) ?? readSeq
    let isWantingMore = true
    for (let lines = await chat.after({ conversation, seq: at }); lines.length > 0 && isWantingMore; ) {
      for (const line of lines) {
        at = line.seq
        if (!own && isOwn(line, me)) continue
        isWantingMore = await show(line)
        if (!isWantingMore) break
      }
      await drained()
      if (isWantingMore) lines = await chat.after({ conversation, seq: at })
    }
    shown.set(conversation, at)
    // Some entries have no line. They count as read with the lines before them.
    const seq = isWantingMore ? Math.max(at, cursor) : at
    if (seq > readSeq && isRead(info)) await chat.markRead({ conversation, seq })
    return isWantingMore
  }

  try {
    for (;;) {
      if (ended) throw ended
      const where = changed
      changed = new Set()
      wake = Promise.withResolvers()
      const all = await chat.chats()
      looked?.(all)
      const chats = all.filter((one) => isWanted(one) && (where === 'all' || where.has(one.conversation)))
      for (const one of chats.toReversed()) if (!(await giveNew(one))) return
      if (signal.aborted) return
      await wake.promise
    }
  } finally {
    signal.removeEventListener('abort', abort)
    stop()
  }
}

/** Whether this device wrote the message or made the change, so that its user has seen it. */
const isOwn = ({ type, from, device }: TranscriptLine, me: Me): boolean =>
  device === me.device || (type === 'system' && device === undefined && from === me.username)
