import { HandshakeError, readCommit } from '@fastchat/crypto/verify'
import { chatOperations, type Epoch, limits, type Seq } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import { mayBePrune } from '../domain/is-prune.ts'
import { authorise, bindSession } from './bind-session.ts'
import { bytesOf } from './bytes.ts'
import { chargeCommit } from './charge-handshake.ts'
import { takeOrRefuse } from './limit-requests.ts'
import type { RouteDeps } from './route-deps.ts'

/**
 * Binds the commit operation. A change counts against the committer's budget. A commit that only
 * removes departed members does not: the server asks for it, and there are at most as many as
 * departures. A commit of that form takes from a budget of attempts, which gets it back once the
 * commit is judged to be one.
 */
export function commit(server: Server, deps: RouteDeps): void {
  const { changes, prunes } = deps.rates
  bindSession(
    server,
    deps,
    chatOperations.commit,
    async ({ session, params: { conversation }, body }) => {
      const { userId } = session
      const bytes = bytesOf(body.commit)
      const isAttempt = body.welcome === undefined && looksLikePrune(bytes)
      takeOrRefuse(isAttempt ? prunes : changes, userId)
      const standing = await authorise(deps, session, conversation, 'commit')
      const parts = {
        commit: bytes,
        welcome: body.welcome === undefined ? undefined : bytesOf(body.welcome),
        groupInfo: bytesOf(body.groupInfo),
        initialGroupInfo: body.initialGroupInfo === undefined ? undefined : bytesOf(body.initialGroupInfo),
      }
      const charge = () => chargeCommit(deps.rates, userId, Object.values(parts))
      if (!isAttempt) charge()
      const { id, groupNo, epoch } = body
      const bundle = { id, groupNo, epoch, ...parts }
      const outcome = await deps.membership.commit({ session, standing, conversation }, bundle, () => {
        if (!isAttempt) return
        takeOrRefuse(changes, userId)
        charge()
      })
      if (!outcome.ok) throw new AppError(outcome.code, outcome.details)
      if (isAttempt && outcome.isPrune) prunes.take(userId, -1)
      // Positions count from 1. A commit ends its epoch, also when this answers a retry.
      return { seq: outcome.seq as Seq, epoch: (body.epoch + 1) as Epoch, duplicate: outcome.duplicate }
    },
    { bodyLimit: limits.maxCommitBytes },
  )
}

function looksLikePrune(commit: Buffer): boolean {
  try {
    return mayBePrune(readCommit(commit).handshake)
  } catch (error) {
    if (error instanceof HandshakeError) return false
    throw error
  }
}
