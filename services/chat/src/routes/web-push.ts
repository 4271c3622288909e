import { chatOperations } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import { pushTarget } from '../web-push/push-target.ts'
import { bindSession } from './bind-session.ts'
import { takeOrRefuse } from './limit-requests.ts'
import type { RouteDeps } from './route-deps.ts'

/** Binds the operations by which a device asks to be woken. It reaches only its own endpoint. */
export function webPush(server: Server, deps: RouteDeps): void {
  const { pushes, push, rates } = deps
  bindSession(server, deps, chatOperations.getPush, async ({ session }) => {
    const endpoint = await pushes.get(session)
    return { ...(push && { publicKey: push.publicKey }), ...(endpoint !== undefined && { endpoint }) }
  })
  bindSession(server, deps, chatOperations.putPush, async ({ session, actor, body }) => {
    takeOrRefuse(rates.changes, session.userId)
    if (!push) throw new AppError('push_off')
    const url = pushTarget(body.endpoint, push)
    if (!url) throw new AppError('push_refused')
    const isStored = actor !== undefined && (await pushes.put(session, actor.sessionId, url.href))
    if (!isStored) throw new AppError('unauthorized')
    return undefined
  })
  bindSession(server, deps, chatOperations.deletePush, async ({ session }) => {
    await pushes.remove(session)
    return undefined
  })
}
