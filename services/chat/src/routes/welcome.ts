import { chatOperations } from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import { toBase64Url } from '@fastchat/service'
import { authorise, bindSession, found } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

export function welcome(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.welcome, async ({ session, params, query }) => {
    const { key } = await authorise(deps, session, params.conversation, 'welcome')
    const current = found(await deps.conversations.welcome(session, key, query.seq))
    return {
      ...current,
      welcome: toBase64Url(current.welcome),
      priorContext: toBase64Url(current.priorContext),
      priorTag: toBase64Url(current.priorTag),
    }
  })
}
