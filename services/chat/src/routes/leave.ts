import { chatOperations, type Seq } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import { authorise, bindSession } from './bind-session.ts'
import { bytesOf } from './bytes.ts'
import { chargeCommit } from './charge-handshake.ts'
import { takeOrRefuse } from './limit-requests.ts'
import type { RouteDeps } from './route-deps.ts'

export function leave(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.leave, async ({ session, params: { conversation }, body }) => {
    takeOrRefuse(deps.rates.changes, session.userId)
    const standing = await authorise(deps, session, conversation, 'leave')
    const statement = bytesOf(body.statement)
    chargeCommit(deps.rates, session.userId, [statement])
    const outcome = await deps.membership.leave({ session, standing, conversation }, { id: body.id, statement })
    if (!outcome.ok) throw new AppError(outcome.code, outcome.details)
    // Positions count from 1.
    return { seq: outcome.seq as Seq, duplicate: outcome.duplicate }
  })
}
