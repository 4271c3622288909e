import { type IncomingMessage, STATUS_CODES, request as startRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import { anyPodPath, podNamePattern } from '@fastchat/schema'
import type { ForwardedFor } from './forwarded-for.ts'
import type { Locate } from './locate.ts'

const podName = new RegExp(podNamePattern)

/**
 * Passes a WebSocket through, byte by byte. A proxy that speaks the protocol on both sides would
 * not do so: here close codes, pings and size limits are the pod's. The tunnel has no buffer, and a
 * slow reader slows the sender.
 */
export function tunnelUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { locate, clientOf }: { readonly locate: Locate; readonly clientOf: ForwardedFor },
): void {
  socket.on('error', () => socket.destroy())
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const pod = path.slice(anyPodPath.length + 1)
  if (path !== anyPodPath && !(path.startsWith(`${anyPodPath}/`) && podName.test(pod))) {
    refuse(socket, 404)
    return
  }
  // Only the name of an existing pod is taken from the path to choose the target.
  const upstream = path === anyPodPath ? locate('chat') : locate('chat', pod)
  if (upstream === undefined) {
    refuse(socket, 503)
    return
  }
  const outgoing = startRequest(new URL(request.url ?? '/', upstream), {
    headers: { ...request.headers, 'x-forwarded-for': clientOf(request) },
  })
  outgoing.on('upgrade', (response, pod, podHead) => {
    socket.write(headOf(response))
    socket.write(podHead)
    pod.write(head)
    pipeline(socket, pod, socket, () => undefined) // an error or close at one end closes the other
  })
  outgoing.on('response', (response) => {
    socket.write(headOf(response))
    response.pipe(socket)
  })
  outgoing.on('error', () => refuse(socket, 503))
  socket.on('close', () => outgoing.destroy())
  outgoing.end()
}

function headOf({ statusCode = 502, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`]
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

function refuse(socket: Duplex, status: 404 | 503): void {
  if (socket.destroyed) return
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
