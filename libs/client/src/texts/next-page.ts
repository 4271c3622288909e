import type { ConversationId } from '@fastchat/schema'
import type { History } from '../history.ts'
import type { Entry } from '../store/records.ts'

/** The entries that are read at once. */
const pageSize = 200

/**
 * Returns the next entries, without those of the last position if the page is full. The page may
 * have only some of them, and the next page begins after that position.
 */
export async function nextPage(history: Pick<History, 'after'>, id: ConversationId, after: number): Promise<Entry[]> {
  const page = await history.after(id, after, pageSize)
  const last = page.at(-1)
  if (page.length < pageSize || !last) return page
  return page.filter(({ seq }) => seq < last.seq)
}
