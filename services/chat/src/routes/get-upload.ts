import { chatOperations } from '@fastchat/schema'
import type { Server } from '@fastchat/service'
import { bindSession, found } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

export function getUpload(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.getUpload, async ({ session, params }) =>
    found(await deps.uploadParts.state(session, params.attachment)),
  )
}
