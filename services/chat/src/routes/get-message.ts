import { chatOperations } from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import { authorise, bindSession, found } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

export function getMessage(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.getMessage, async ({ session, params }) => {
    const standing = await authorise(deps, session, params.conversation, 'receive')
    return found(await deps.conversations.entry(session, standing, params.seq))
  })
}
