import { chatOperations } from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import { authorise, bindSession, found } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

export function getConversation(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.getConversation, async ({ session, params }) => {
    const { key } = await authorise(deps, session, params.conversation, 'see')
    return found(await deps.conversations.view(session, key))
  })
}
