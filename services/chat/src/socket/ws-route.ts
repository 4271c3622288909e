import { limits, subprotocol } from '@fastchat/schema'
import { AppError, networkOf, type Server } from '@fastchat/service'
import websocket from '@fastify/websocket'
import type { Admission } from '../domain/admission.ts'
import type { ChatSockets } from '../pod/chat-sockets.ts'

/** A client that does not answer a close is cut off after this. */
const closeTimeoutMs = 5_000
const fullRetryMs = 5_000

/** Bounds on what one client can make us keep: a message in crumbs, pings whose answers it does not read. */
const wsOptions = {
  maxPayload: limits.maxFrameBytes,
  maxFragments: 16,
  maxBufferedChunks: 4_096,
  closeTimeout: closeTimeoutMs,
  perMessageDeflate: false,
  clientTracking: false,
  handleProtocols: (offered: Set<string>) => (offered.has(subprotocol) ? subprotocol : false),
}

export type WebSocketOptions = {
  readonly pod: string
  readonly sockets: ChatSockets
  readonly admission: Admission
  /** Somebody asked for another pod. */
  readonly onMisrouted: () => void
}

/**
 * `GET /ws`, and `/ws/POD` as a router passes it on. The subprotocol is `fastchat.v1`; a client that names none gets the same. The
 * pod's name in the path is for the router: any pod takes any client, so a wrong one is counted, and that is all.
 */
export async function bindWebSocket(
  { app }: Server,
  { pod, sockets, admission, onMisrouted }: WebSocketOptions,
): Promise<void> {
  await app.register(websocket, {
    options: wsOptions,
    preClose: () => sockets.drain(),
  })
  // ws has closed, or will, with the code that fits (1002, 1007, 1009); the socket is gone otherwise.
  const logError = (err: Error) => app.log.debug({ err }, 'websocket error')
  app.get<{ Params: { pod?: string } }>(
    '/ws/:pod?',
    {
      websocket: true,
      onRequest: async (req) => {
        const reason = sockets.refusal()
        if (reason) throw new AppError('busy', { reason }, { retryMs: fullRetryMs })
        const refusal = admission.refusal(networkOf(req.ip))
        if (refusal === undefined) return
        const { isOwn, retryMs, ...details } = refusal
        throw new AppError(isOwn ? 'rate_limited' : 'busy', details, { retryMs })
      },
      // From here on ws writes to the socket itself.
      preHandler: async (req, reply) => {
        if (!req.ws) throw new AppError('not_found')
        if (reply.raw.socket) reply.raw.detachSocket(reply.raw.socket)
      },
    },
    (ws, req) => {
      // Like a response that stays attached, the plugin's listener would keep the request, its headers and the bytes that they
      // came in for as long as the connection lives: 8 kB.
      ws.removeAllListeners('error')
      ws.on('error', logError)
      if (req.params.pod !== undefined && req.params.pod !== pod) onMisrouted()
      sockets.accept(ws, req.raw.socket, admission.enter(networkOf(req.ip)))
    },
  )
}
