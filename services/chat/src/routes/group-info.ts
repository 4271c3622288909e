import { chatOperations } from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import { toBase64Url } from '@fastchat/service'
import { authorise, bindSession, found } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

export function groupInfo(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.groupInfo, async ({ session, params }) => {
    const { key } = await authorise(deps, session, params.conversation, 'join')
    const current = found(await deps.conversations.groupInfo(key))
    return { ...current, groupInfo: toBase64Url(current.groupInfo) }
  })
}
