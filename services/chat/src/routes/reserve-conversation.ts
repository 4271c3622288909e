import { chatOperations } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import { bindSession, found } from './bind-session.ts'
import { takeOrRefuse } from './limit-requests.ts'
import type { RouteDeps } from './route-deps.ts'

/** An unused reservation is deleted after an hour, so a retry after some minutes may find room. */
const retryMs = 5 * 60_000

export function reserveConversation(server: Server, deps: RouteDeps): void {
  const { conversations, rates } = deps
  bindSession(server, deps, chatOperations.reserveConversation, async ({ session, body }) => {
    takeOrRefuse(rates.changes, session.userId)
    if (body.kind === 'direct') {
      const key = found(roomFor(await conversations.reserveDirect(session, body.peer)))
      return found(await conversations.view(session, key))
    }
    const key = roomFor(await conversations.reserveGroup(session, body.conversation))
    if (key === undefined) throw new AppError('conflict')
    return found(await conversations.view(session, key))
  })
}

function roomFor<Key>(reserved: Key | 'full'): Key {
  if (reserved !== 'full') return reserved
  throw new AppError('rate_limited', { limit: 'maxReservedConversations' }, { retryMs })
}
