import type { Access, Operation } from '@fastchat/schema'
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Actor, DeviceActor, EnrolActor } from './actor.ts'
import { AppError } from './app-error.ts'
import type { Server } from './build-server.ts'
import type { TokenVerifier } from './token-verifier.ts'

type In<T> = T extends TSchema ? Static<T> : undefined
type ActorOf<A extends Access> = A extends 'device' ? DeviceActor : A extends 'enrol' ? EnrolActor : undefined

/** The body of the operation's success; undefined for 204. */
export type ReplyOf<Op extends Operation> = {
  [S in keyof Op['response']]: S extends 204 ? undefined : S extends 200 | 201 ? In<Op['response'][S]> : never
}[keyof Op['response']]

export type Call<Op extends Operation> = {
  readonly actor: ActorOf<Op['access']>
  readonly body: In<Op['body']>
  readonly params: In<Op['params']>
  readonly query: In<Op['query']>
  readonly req: FastifyRequest
  readonly reply: FastifyReply
}

/** Returns the body of the success, or `reply` itself if it has sent a stream. */
export type Handler<Op extends Operation> = (
  call: Call<Op>,
) => Promise<ReplyOf<Op> | FastifyReply> | ReplyOf<Op> | FastifyReply

/**
 * Binds an operation of the contract to `server`. Its schemas check the input, its access rule the
 * caller, and the answer is cut to its success schema. Throws at start if this server cannot
 * enforce the access rule, so no operation is left open by mistake.
 */
export function bind<Op extends Operation>(
  server: Server,
  operation: Op,
  handler: Handler<Op>,
  options: Pick<RouteShorthandOptions, 'bodyLimit' | 'onRequest'> = {},
): void {
  const authenticate = authenticator(operation, server.verifier)
  const status = successOf(operation)
  const { method, path: url, params, query, body, response } = operation
  server.app.route({
    ...options,
    method,
    url,
    schema: {
      response,
      ...(params && { params }),
      ...(query && { querystring: query }),
      ...(body && { body }),
    },
    async handler(req, reply) {
      // Sound, because the operation's own schemas have checked the three parts.
      const input = { body: req.body, params: req.params, query: req.query } as Pick<
        Call<Op>,
        'body' | 'params' | 'query'
      >
      const actor = actors.get(req) as ActorOf<Op['access']>
      reply.code(status)
      const result = await handler({ ...input, actor, req, reply })
      return result === undefined ? reply.send() : result
    },
    // Check the token before the body is read, so the bytes of strangers are never parsed.
    onRequest: [
      async (req) => {
        const actor = await authenticate(req)
        if (actor) actors.set(req, actor)
      },
      ...[options.onRequest ?? []].flat(),
    ],
  })
}

const actors = new WeakMap<FastifyRequest, Actor>()

/**
 * Returns the caller, for hooks of a bound operation. @throws AppError `unauthorized` if the
 * operation is public
 */
export function actorOf(req: FastifyRequest): Actor {
  const actor = actors.get(req)
  if (actor === undefined) throw new AppError('unauthorized')
  return actor
}

/** Returns the bearer token of a request (RFC 6750 §2.1). @throws AppError `unauthorized` */
export function bearerToken(req: FastifyRequest): string {
  const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(req.headers.authorization ?? '')?.[1]
  if (token === undefined) throw new AppError('unauthorized')
  return token
}

type Authenticate = (req: FastifyRequest) => Promise<Actor | undefined>

function authenticator({ access, method, path }: Operation, verifier: TokenVerifier | undefined): Authenticate {
  if (access === 'public') return async () => undefined
  if (verifier && access === 'device') return (req) => verifier.device(bearerToken(req))
  if (verifier && access === 'enrol') return (req) => verifier.enrol(bearerToken(req))
  throw new TypeError(`${method} ${path} cannot be bound: its access rule "${access}" can't be enforced here`)
}

function successOf({ response, method, path }: Operation): number {
  const [status, ...others] = Object.keys(response)
    .map(Number)
    .filter((code) => code >= 200 && code < 300)
  if (others.length > 0 || !status) throw new TypeError(`${method} ${path} must have one success`)
  return status
}
