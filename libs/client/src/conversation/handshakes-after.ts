import { CannotJoin } from '@fastchat/crypto'
import { type ConversationId, chatOperations, type LogEntry, limits } from '@fastchat/schema'
import type { Context } from './context.ts'

/** The number of pages of handshakes that one join may read: 100 000 changes of the group. */
const maxPages = 500

/**
 * Yields the commits and statements after a position, oldest first, each with its envelope.
 *
 * @throws {CannotJoin} `other_history` when there are too many, or they are out of order
 * @throws the error of the request when the server does not answer
 */
export async function* handshakesAfter(
  { api }: Pick<Context, 'api'>,
  conversation: ConversationId,
  after: number,
): AsyncGenerator<LogEntry> {
  let last = after
  for (let page = 0; page < maxPages; page++) {
    const { entries } = await api.call(chatOperations.listMessages, {
      params: { conversation },
      // The position was read before, or is 0.
      query: { after: last as LogEntry['seq'], limit: limits.maxPage, only: 'handshakes' },
    })
    for (const entry of entries) {
      if (entry.seq <= last) throw new CannotJoin('other_history', { cause: new Error('handshakes out of order') })
      const params = { conversation, seq: entry.seq }
      yield entry.envelope === undefined ? await api.call(chatOperations.getMessage, { params }) : entry
      last = entry.seq
    }
    if (entries.length === 0) return
  }
  throw new CannotJoin('other_history', { cause: new Error('too many handshakes to follow') })
}
