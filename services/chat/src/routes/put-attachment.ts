import type { Readable } from 'node:stream'
import { chatOperations, limits } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import { bindSession } from './bind-session.ts'
import { takeOrRefuse } from './limit-requests.ts'
import type { RouteDeps } from './route-deps.ts'

const contentType = 'application/octet-stream'

export function putAttachment(server: Server, deps: RouteDeps): void {
  // A separate scope: only this operation takes an unparsed body.
  server.app.register(async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(contentType, (_req, payload, done) => done(null, payload))
    bindSession(
      { ...server, app },
      deps,
      chatOperations.putAttachment,
      async ({ session, params, query, req }) => {
        // Without a body fastify calls no parser.
        const body = req.body as Readable | undefined
        if (body === undefined) throw new AppError('unsupported_media_type')
        const { offset, size } = query
        if ((offset === undefined) !== (size === undefined)) throw new AppError('bad_request')
        const { uploads, uploadBytes } = deps.rates
        // The later parts of an upload count by their bytes only.
        if (!offset) takeOrRefuse(uploads, session.userId)
        takeOrRefuse(uploadBytes, session.userId, declaredBytes(req) ?? limits.maxAttachmentBytes)
        try {
          if (offset !== undefined && size !== undefined) {
            const part = { offset, size, body: piecesOf(body) }
            const stored = await deps.uploadParts.put(session, params.attachment, part)
            if (!stored.ok) throw new AppError(stored.code)
            return { size: stored.received }
          }
          const outcome = await deps.attachments.put(session, params.attachment, piecesOf(body))
          if (!outcome.ok) throw new AppError(outcome.code)
          return { size: outcome.size }
        } finally {
          // Reads and drops the rest of a refused upload. Otherwise later requests on the
          // connection would stay unanswered.
          body.resume()
        }
      },
      {
        async onRequest(req) {
          if ((declaredBytes(req) ?? 0) > limits.maxAttachmentBytes) throw new AppError('attachment_too_large')
        },
      },
    )
  })
}

/** Reads the body. The connection stays open if the reader stops early. */
const piecesOf = (body: Readable): AsyncIterable<Buffer> => body.iterator({ destroyOnReturn: false })

/** Returns the declared size of the body. Undefined if the body comes in chunks. */
function declaredBytes({ headers }: FastifyRequest): number | undefined {
  const { 'content-length': length } = headers
  return length === undefined ? undefined : Number(length)
}
