import type { Readable } from 'node:stream'
import { chatOperations, limits } from '@fastchat/schema'
import { AppError, type Server } from '@fastchat/service'
import { bindSession, found } from './bind-session.ts'
import { takeOrRefuse } from './limit-requests.ts'
import type { RouteDeps } from './route-deps.ts'

const contentType = 'application/octet-stream'
const defaultLimit = 100

/** Binds the operations on the segments of an account's backup. */
export function backupSegments(server: Server, deps: RouteDeps): void {
  const { segments } = deps
  putSegment(server, deps)
  bindSession(server, deps, chatOperations.getBackupSegment, async ({ session, params, reply }) => {
    const body = found(await segments.get(session, params.segment))
    return reply.type(contentType).header('content-disposition', 'attachment').send(body)
  })
  bindSession(server, deps, chatOperations.listBackupSegments, async ({ session, query }) => {
    const { after, limit = defaultLimit } = query
    const page = await segments.list(session, after, limit + 1)
    const shown = page.segments.slice(0, limit).map((one) => ({ ...one, createdAt: one.createdAt.toISOString() }))
    const next = page.segments.length > limit ? shown.at(-1)?.segment : undefined
    const space = { usedBytes: page.usedBytes, quotaBytes: limits.maxBackupBytes }
    return { segments: shown, ...space, ...(next !== undefined && { next }) }
  })
  bindSession(server, deps, chatOperations.deleteBackupSegments, async ({ session, body }) => {
    await segments.remove(session, body.segments)
    return undefined
  })
}

function putSegment(server: Server, deps: RouteDeps): void {
  // A separate scope: this operation takes an unparsed body.
  server.app.register(async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(contentType, (_req, payload, done) => done(null, payload))
    bindSession({ ...server, app }, deps, chatOperations.putBackupSegment, async ({ session, params, req }) => {
      // Without a body fastify calls no parser.
      const body = req.body as Readable | undefined
      if (body === undefined) throw new AppError('unsupported_media_type')
      try {
        takeOrRefuse(deps.rates.uploads, session.userId)
        const bytes = await readSegment(body)
        if (bytes === undefined) throw new AppError('attachment_too_large')
        takeOrRefuse(deps.rates.uploadBytes, session.userId, bytes.length)
        const refusal = await deps.segments.put(session, params.segment, bytes)
        if (refusal !== undefined) throw new AppError(refusal)
        return { size: bytes.length }
      } finally {
        // Reads and drops the rest of a refused upload, so the connection can be used again.
        body.resume()
      }
    })
  })
}

/** Returns the whole body, or undefined if it is larger than a segment may be. */
async function readSegment(body: Readable): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body.iterator({ destroyOnReturn: false })) {
    size += part.length
    if (size > limits.maxBackupSegmentBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts, size)
}
