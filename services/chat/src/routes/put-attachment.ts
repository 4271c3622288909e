import type { Readable } from 'node:stream'
import { chatOperations, limits } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import { bindSession } from './bind-session.ts'
import { takeOrRefuse } from './limit-requests.ts'
import type { RouteDeps } from './route-deps.ts'

const contentType = 'application/octet-stream'

export function putAttachment(server: Server, deps: RouteDeps): void {
  // In a scope of its own: no other operation takes a body that is not parsed.
  server.app.register(async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(contentType, (_req, payload, done) => done(null, payload))
    bindSession(
      { ...server, app },
      deps,
      chatOperations.putAttachment,
      async ({ session, params, req }) => {
        // A request without a body passes no parser.
        const body = req.body as Readable | undefined
        if (body === undefined) throw new AppError('unsupported_media_type')
        const { uploads, uploadBytes } = deps.rates
        takeOrRefuse(uploads, session.userId)
        takeOrRefuse(uploadBytes, session.userId, declaredBytes(req) ?? limits.maxAttachmentBytes)
        try {
          const outcome = await deps.attachments.put(session, params.attachment, piecesOf(body))
          if (!outcome.ok) throw new AppError(outcome.code)
          return { size: outcome.size }
        } finally {
          body.resume() // what a refused upload still sends is read and dropped, or nothing after it on the connection would be answered
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

/** A reader that leaves the connection as it is when it has had enough. */
const piecesOf = (body: Readable): AsyncIterable<Buffer> => body.iterator({ destroyOnReturn: false })

/** Undefined: the body comes in chunks, and nobody knows how many. */
function declaredBytes({ headers }: FastifyRequest): number | undefined {
  const { 'content-length': length } = headers
  return length === undefined ? undefined : Number(length)
}
