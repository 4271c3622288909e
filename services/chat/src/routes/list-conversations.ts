import { chatOperations } from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import { bindSession } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

/** A page is small, since each conversation comes with all its members. */
const defaultLimit = 50

export function listConversations(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.listConversations, async ({ session, query }) => {
    const { after, limit = defaultLimit } = query
    const found = await deps.conversations.list(session, after, limit + 1)
    const conversations = found.slice(0, limit)
    const next = found.length > limit ? conversations.at(-1)?.conversation : undefined
    return next === undefined ? { conversations } : { conversations, next }
  })
}
