import { chatOperations } from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import { toBase64Url } from '@fastchat/service'
import { authorise, bindSession, found } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

export function pastGroupInfo(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.pastGroupInfo, async ({ session, params, query }) => {
    const { key } = await authorise(deps, session, params.conversation, 'join')
    const past = found(await deps.conversations.pastGroupInfo(key, query.groupNo, query.epoch))
    return { ...past, groupInfo: toBase64Url(past.groupInfo) }
  })
}
