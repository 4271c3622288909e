import { chatOperations, limits, type Seq } from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import type { Standing } from '../domain/authorise.ts'
import { authorise, bindSession } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

export function listMessages(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.listMessages, async ({ session, params, query }) => {
    const standing = await authorise(deps, session, params.conversation, 'receive')
    const { after = 0, limit = limits.maxPage, only } = query
    const entries = await deps.conversations.entries(session, standing, { after, maxEntries: limit, only })
    // Both are positions of the log, or 0.
    return { entries, floorSeq: standing.floorSeq as Seq, lastSeq: lastVisible(standing) as Seq }
  })
}

/**
 * Returns the last position that the session may know. A former member does not learn how the
 * conversation has grown since.
 */
function lastVisible({ isMember, intervals, lastSeq }: Standing): number {
  if (isMember || intervals.some(({ to }) => to === undefined)) return lastSeq
  return Math.max(...intervals.map(({ to }) => to ?? 0))
}
