import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { allowedMethods, type Endpoint, limits } from '@fastchat/schema'
import helmet from '@fastify/helmet'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { AppError } from './app-error.ts'
import { buildAdmin, type Readiness } from './build-admin.ts'
import { errorBody, statusOf, toAppError } from './error-answer.ts'
import type { Lifecycle } from './lifecycle.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'
import { createMetrics, createRequestTimer, type Metrics } from './metrics.ts'
import type { TokenVerifier } from './token-verifier.ts'
import { trustedProxies, trustProxyForm } from './trusted-proxies.ts'
import { validatorCompiler } from './validator-compiler.ts'

/** A client that takes longer to send its request is disconnected. */
const defaultRequestTimeoutMs = 60_000
/** The time for the headers alone, and the interval at which it is checked. */
const headersTimeoutMs = 10_000
const timeoutCheckMs = 2_000
/** Longer than the idle time of common proxies, so that they close first. */
const keepAliveTimeoutMs = 75_000

/** Answers are for programs. A browser that shows one as a page loads nothing and runs nothing. */
const nothingToLoad = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] }

export type ServerOptions = {
  readonly name: string
  readonly log: Logger
  readonly life: Lifecycle
  /** Returns a new id for each request. Answers with an error and the log name it. */
  readonly newRequestId: () => string
  readonly maxBodyBytes?: number
  /** The time for a whole request with its body; 60 s by default. */
  readonly requestTimeoutMs?: number
  /** The proxies as in `trustedProxies`; none by default. */
  readonly trustProxy?: string
  /** Checks the tokens. Without it, only public operations can be bound. */
  readonly verifier?: TokenVerifier
  readonly metrics?: Metrics
  /** Returns whether the server should get requests now. */
  readonly ready: () => Readiness | Promise<Readiness>
  /** The hook of `AdminOptions`. */
  readonly onLeave?: () => unknown
  /** How long connected clients may take to leave; see `Lifecycle`. */
  readonly closeTimeoutMs?: number
}

export type Server = {
  readonly app: FastifyInstance
  /** The operators' server of `buildAdmin`. */
  readonly admin: FastifyInstance
  readonly verifier: TokenVerifier | undefined
  readonly metrics: Metrics
}

/**
 * Builds the HTTP server that all services share: checked input, one form of errors, metrics and
 * health. `life` closes it, and the operators' port last, so `/readyz` can report the shutdown.
 * @throws {ConfigError}
 */
export async function buildServer(options: ServerOptions): Promise<Server> {
  const { name, log, life, newRequestId, verifier, ready, onLeave, metrics = createMetrics(name) } = options
  const admin = life.own(buildAdmin({ log, life, metrics, ready, ...(onLeave && { onLeave }) }), (it) => it.close())
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger, // the type describes pino's logger
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.maxBodyBytes ?? limits.maxJsonBytes,
    trustProxy: proxiesOf(options),
    requestTimeout: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: timeoutCheckMs },
    keepAliveTimeout: keepAliveTimeoutMs,
    requestIdHeader: false,
    genReqId: () => newRequestId(),
    frameworkErrors: (error, req, reply) => void answerError(error, req, reply),
    clientErrorHandler: (error, socket) => answerBrokenHttp(error, socket, newRequestId()),
  })
  life.own(app, (it) => it.close(), options.closeTimeoutMs)
  // No operation takes plain text, but fastify would.
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validatorCompiler)
  app.setErrorHandler(answerError)
  answerUnrouted(app)
  app.addHook('onRequest', refuseEncodedBody)
  app.addHook('onSend', forbidCaching)
  observeRequests(app, metrics)
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: nothingToLoad } })
  return { app, admin, verifier, metrics }
}

function proxiesOf({ trustProxy }: ServerOptions): string[] | false {
  if (trustProxy === undefined) return false
  const proxies = trustedProxies(trustProxy)
  if (proxies === undefined) throw new ConfigError([`TRUST_PROXY must be: ${trustProxyForm}`])
  return proxies
}

function answerError(error: unknown, req: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toAppError(error)
  const status = statusOf(known.code)
  // A request that is rejected for lack of capacity is only counted. A log line for each would cost
  // more under a flood.
  const isTurnedAway = known.code === 'busy' && known.cause === undefined
  if (status >= 500 && !isTurnedAway)
    req.log.error({ req, code: known.code, err: known.cause ?? known }, 'request failed')
  if (known.retryMs !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(known.retryMs / 1000)))
  return reply.code(status).send(errorBody(known, req.id))
}

/**
 * Answers `method_not_allowed` for a path that takes other methods (RFC 9110 §15.5.6), and
 * `not_found` for unknown paths.
 */
function answerUnrouted(app: FastifyInstance): void {
  const endpoints: Endpoint[] = []
  app.addHook('onRoute', ({ method, url: path }) => {
    for (const one of [method].flat()) endpoints.push({ method: one, path })
  })
  app.setNotFoundHandler((req, reply) => {
    const [path = ''] = req.url.split('?')
    const methods = allowedMethods(path, endpoints)
    if (methods.length === 0) return answerError(new AppError('not_found'), req, reply)
    return answerError(new AppError('method_not_allowed'), req, reply.header('allow', methods.join(', ')))
  })
}

/**
 * Rejects compressed bodies. No operation takes one, and a few bytes could unpack to gigabytes.
 */
async function refuseEncodedBody(req: FastifyRequest): Promise<void> {
  const encoding = req.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') throw new AppError('unsupported_media_type')
}

async function forbidCaching(_: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
}

function observeRequests(app: FastifyInstance, metrics: Metrics): void {
  const observe = createRequestTimer(metrics)
  app.addHook('onResponse', async (req, reply) => {
    const labels = { method: req.method, route: req.routeOptions.url ?? 'unknown', status: reply.statusCode }
    observe(labels, reply.elapsedTime / 1000)
  })
}

/** Answers bytes that are not HTTP in the same form, and closes the connection. */
function answerBrokenHttp(error: Error & { code?: string }, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
  const body = JSON.stringify(errorBody(new AppError('bad_request'), requestId))
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\nconnection: close`
  if (socket.writable) socket.write(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  socket.destroy(error)
}
