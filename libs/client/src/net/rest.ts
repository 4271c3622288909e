import { ErrorBodySchema, formOf, limits, type Operation } from '@fastchat/schema'
import type { Static, TSchema } from 'typebox'
import { ServerError, Unreachable } from '../errors.ts'

type In<T> = T extends TSchema ? Static<T> : undefined
export type Success<R> = {
  [S in keyof R]: S extends 200 | 201 | 204 ? (R[S] extends TSchema ? Static<R[S]> : never) : never
}[keyof R]
type Optional<K extends string, T> = undefined extends T ? { readonly [P in K]?: undefined } : { readonly [P in K]: T }

/** The input of a call of `Op`, by the contract. */
export type Input<Op extends Operation> = Optional<'params', In<Op['params']>> &
  Optional<'query', In<Op['query']>> &
  Optional<'body', In<Op['body']>> & { readonly token?: string; readonly signal?: AbortSignal }

/** Calls the REST operations of one server. */
export type Rest = {
  readonly baseUrl: string
  /** Calls one operation of the contract. @internal */
  call<Op extends Operation>(op: Op, input: Input<Op>): Promise<Success<Op['response']>>
  /** Uploads bytes to a path. @internal */
  upload(path: string, token: string, bytes: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void>
  /** Downloads a path, `maxBytes` at most. @internal */
  download(path: string, token: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>>
  /** Begins a download. Its pieces come as they arrive, `maxBytes` in all at most. @internal */
  stream(path: string, token: string, maxBytes: number, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

const errorBody = formOf(ErrorBodySchema)

const timeoutMs = 20_000
/** The largest answers are a page of the log, and a commit, Welcome or GroupInfo, in base64url. */
const maxAnswerBytes = 4 * limits.maxCommitBytes
/** The largest body of an error answer. */
const maxRefusalBytes = limits.maxJsonBytes
/** The time limit for the largest picture over a slow link. */
const transferTimeoutMs = 300_000

/** Returns the REST operations of the server at a URL. */
export function createRest(baseUrl: string): Rest {
  const root = baseUrl.replace(/\/+$/, '')

  async function request(path: string, init: RequestInit, limitMs: number): Promise<Response> {
    let response: Response
    try {
      const bound = AbortSignal.timeout(limitMs)
      const signal = init.signal ? AbortSignal.any([init.signal, bound]) : bound
      response = await fetch(root + path, { ...init, signal, redirect: 'error', credentials: 'omit' })
    } catch (cause) {
      throw new Unreachable(`no answer from ${root}`, { cause })
    }
    if (!response.ok) throw await refusal(response)
    return response
  }

  return {
    baseUrl: root,
    async call<Op extends Operation>(op: Op, input: Input<Op>) {
      const { params, query, body } = input as {
        params?: Record<string, unknown>
        query?: Record<string, unknown>
        body?: unknown
      }
      const headers: Record<string, string> = {}
      if (input.token !== undefined) headers.authorization = `Bearer ${input.token}`
      if (body !== undefined) headers['content-type'] = 'application/json'
      const init: RequestInit = { method: op.method, headers }
      if (body !== undefined) init.body = JSON.stringify(body)
      if (input.signal) init.signal = input.signal
      const response = await request(fill(op.path, params) + search(query), init, timeoutMs)
      if (response.status === 204) return undefined as Success<Op['response']>
      try {
        // The cast holds because the server answers in the form of the contract. Unknown fields are
        // ignored.
        const text = new TextDecoder().decode(await readAtMost(response, maxAnswerBytes))
        return JSON.parse(text) as Success<Op['response']>
      } catch (cause) {
        if (cause instanceof ServerError) throw cause
        throw new Unreachable(`broken answer from ${root}`, { cause })
      }
    },
    async upload(path, token, bytes, signal) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' }
      await request(path, { method: 'PUT', headers, body: bytes, ...(signal && { signal }) }, transferTimeoutMs)
    },
    async download(path, token, maxBytes) {
      const response = await request(path, { headers: { authorization: `Bearer ${token}` } }, transferTimeoutMs)
      return await readAtMost(response, maxBytes)
    },
    async stream(path, token, maxBytes, signal) {
      const init = { headers: { authorization: `Bearer ${token}` }, ...(signal && { signal }) }
      return piecesOf(await request(path, init, transferTimeoutMs), maxBytes)
    },
  }
}

/** Yields the body as it arrives, up to `maxBytes`. */
async function* piecesOf({ body }: Response, maxBytes: number): AsyncGenerator<Uint8Array> {
  let length = 0
  try {
    for await (const chunk of body ?? []) {
      length += chunk.length
      if (length > maxBytes) throw new ServerError('too_large', 'The server sends more than it may')
      yield chunk
    }
  } catch (cause) {
    if (cause instanceof ServerError) throw cause
    throw new Unreachable('the answer broke off', { cause })
  }
}

/** Reads the whole body, up to `maxBytes`. It never buffers more, whatever the headers say. */
async function readAtMost(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of piecesOf(response, maxBytes)) {
    length += chunk.length
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

function fill(path: string, params: Record<string, unknown> = {}): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
}

function search(query: Record<string, unknown> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

/**
 * Returns the error in an answer. An error body of another form comes from a proxy between this
 * device and the server.
 */
async function refusal(response: Response): Promise<Error> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const body: unknown = await readAtMost(response, maxRefusalBytes)
    .then((bytes) => JSON.parse(new TextDecoder().decode(bytes)))
    .catch(() => undefined)
  if (!errorBody.accepts(body)) return new Unreachable(`HTTP ${response.status} from something that is not FastChat`)
  const { code, message, details } = body.error
  return new ServerError(code, message, details, Number.isNaN(retryAfter) ? undefined : retryAfter * 1000)
}
