import { Readable } from 'node:stream'
import { chatOperations } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import { bindSession, found } from './bind-session.ts'
import type { RouteDeps } from './route-deps.ts'

export function getAttachment(server: Server, deps: RouteDeps): void {
  bindSession(server, deps, chatOperations.getAttachment, async ({ session, params, query, reply }) => {
    const { size, chunks } = found(await deps.attachments.get(session, params.attachment))
    const { offset = 0 } = query
    if (offset > size) throw new AppError('bad_request')
    return reply
      .type('application/octet-stream')
      .header('content-length', size - offset)
      .header('content-disposition', 'attachment')
      .send(Readable.from(chunks(offset)))
  })
}
