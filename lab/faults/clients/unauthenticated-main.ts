import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'
import { subprotocol } from '@fastchat/schema'

/**
 * The plan of the thread that opens the sockets. It is a separate thread, so that it does not delay
 * the one that measures.
 */
export type UnauthenticatedPlan = {
  readonly ports: readonly number[]
  readonly sockets: number
  readonly perAddress: number
  readonly perSecond: number
}

const addressesOfNet = 250
const handshake = [
  'GET /ws HTTP/1.1',
  'host: x',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: bmFtZWxlc3Mgc29ja2V0cw==',
  `sec-websocket-protocol: ${subprotocol}`,
  '\r\n',
].join('\r\n')

// The case passes this value.
const { ports, sockets, perAddress, perSecond } = workerData as UnauthenticatedPlan
const startedAt = performance.now()
for (let n = 0; n < sockets; n++) {
  const aheadMs = (n * 1_000) / perSecond - (performance.now() - startedAt)
  if (aheadMs > 0) await delay(aheadMs)
  const address = Math.floor(n / perAddress)
  const localAddress = `127.1.${Math.floor(address / addressesOfNet)}.${(address % addressesOfNet) + 1}`
  const port = ports[n % ports.length] ?? 0
  const socket = connect({ host: '127.0.0.1', port, localAddress }, () => socket.write(handshake))
  socket.resume().on('error', () => undefined)
  // The thread ends when the pods have closed all sockets.
}
