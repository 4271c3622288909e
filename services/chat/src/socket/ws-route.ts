import { limits, subprotocol } from '@fastchat/schema'
import { AppError, networkOf, type Server } from '@fastchat/service'
import websocket from '@fastify/websocket'
import type { Admission } from '../domain/admission.ts'
import type { ChatSockets } from '../pod/chat-sockets.ts'

/** A client that does not answer a close is cut off after this time. */
const closeTimeoutMs = 5_000
const fullRetryMs = 5_000

/**
 * Options of ws. They bound the memory that one client can claim with fragments or unread pongs.
 */
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
  /** Called when a client asked for another pod. */
  readonly onMisrouted: () => void
}

/**
 * Serves `GET /ws`, and `/ws/POD` as a router passes it on. The subprotocol is `fastchat.v1`, also
 * for a client that names none. The pod's name in the path is for the router. Any pod takes any
 * client, so a wrong name is only counted.
 */
export async function bindWebSocket(
  { app }: Server,
  { pod, sockets, admission, onMisrouted }: WebSocketOptions,
): Promise<void> {
  await app.register(websocket, {
    options: wsOptions,
    preClose: () => sockets.drain(),
  })
  // After an error ws closes with the fitting code (1002, 1007, 1009), or the socket is gone.
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
      // From here on ws writes to the socket directly.
      preHandler: async (req, reply) => {
        if (!req.ws) throw new AppError('not_found')
        if (reply.raw.socket) reply.raw.detachSocket(reply.raw.socket)
      },
    },
    (ws, req) => {
      // The plugin's listener would keep 8 kB for the life of the connection: the request, its
      // headers and the bytes that they came in. An attached response would do the same.
      ws.removeAllListeners('error')
      ws.on('error', logError)
      if (req.params.pod !== undefined && req.params.pod !== pod) onMisrouted()
      sockets.accept(ws, req.raw.socket, admission.enter(networkOf(req.ip)))
    },
  )
}
