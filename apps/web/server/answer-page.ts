import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Encoding, encodings, type PageFile, type PageFiles } from './read-page-files.ts'

type Request = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

/**
 * Answers a request for a file of the page. A path is looked up and never joined to a folder, so no
 * request reaches another file.
 */
export function answerPage(files: PageFiles, request: Request, response: ServerResponse): void {
  const [path = '/'] = (request.url ?? '/').split('?')
  const file = files.get(path)
  if (!file) refuse(response, 404, 'not_found', 'Not found')
  else if (request.method === 'GET' || request.method === 'HEAD') sendFile(file, request, response)
  else {
    response.setHeader('allow', 'GET, HEAD')
    refuse(response, 405, 'method_not_allowed', 'This path takes GET and HEAD only')
  }
}

function sendFile(file: PageFile, { method, headers }: Request, response: ServerResponse): void {
  const encoding = encodingFor(file, String(headers['accept-encoding'] ?? ''))
  const etag = `"${file.hash}-${encoding}"`
  for (const [name, value] of Object.entries(file.headers)) response.setHeader(name, value)
  response.setHeader('etag', etag)
  if (headers['if-none-match']?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)) {
    response.writeHead(304).end()
    return
  }
  const body = file.bodies[encoding] ?? file.bodies.identity
  if (encoding !== 'identity') response.setHeader('content-encoding', encoding)
  response.writeHead(200, { 'content-length': body.length }).end(method === 'HEAD' ? undefined : body)
}

/** Returns the smallest form that the client takes. */
function encodingFor({ bodies }: PageFile, accepted: string): Encoding {
  const taken = accepted
    .split(',')
    .map((one) => one.trim().split(/\s*;\s*q=/))
    .flatMap(([name, weight = '1']) => (Number(weight) > 0 ? [name] : []))
  return encodings.find((one) => bodies[one] && taken.includes(one)) ?? 'identity'
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.setHeader('x-content-type-options', 'nosniff')
  // A pod of the next version may have this path.
  response.setHeader('cache-control', 'no-store')
  response.writeHead(status).end(JSON.stringify({ error: { code, message } }))
}
