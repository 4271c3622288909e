import { chatOperations, type Epoch, limits, type Seq } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import { authorise, bindSession } from './bind-session.ts'
import { bytesOf } from './bytes.ts'
import type { RouteDeps } from './index.ts'
import { takeOrRefuse } from './limit-requests.ts'

export function commit(server: Server, deps: RouteDeps): void {
  bindSession(
    server,
    deps,
    chatOperations.commit,
    async ({ session, params: { conversation }, body }) => {
      takeOrRefuse(deps.rates.changes, session.userId)
      const standing = await authorise(deps, session, conversation, 'commit')
      const outcome = await deps.membership.commit(
        { session, standing, conversation },
        {
          id: body.id,
          groupNo: body.groupNo,
          epoch: body.epoch,
          commit: bytesOf(body.commit),
          welcome: body.welcome === undefined ? undefined : bytesOf(body.welcome),
          groupInfo: bytesOf(body.groupInfo),
          initialGroupInfo: body.initialGroupInfo === undefined ? undefined : bytesOf(body.initialGroupInfo),
        },
      )
      if (!outcome.ok) throw new AppError(outcome.code, outcome.details)
      // Positions are numbered from 1; a commit ends its epoch, also when this is the answer to a repetition.
      return { seq: outcome.seq as Seq, epoch: (body.epoch + 1) as Epoch, duplicate: outcome.duplicate }
    },
    { bodyLimit: limits.maxCommitBytes },
  )
}
