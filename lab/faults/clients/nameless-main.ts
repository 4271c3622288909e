import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { workerData } from 'node:worker_threads'
import { subprotocol } from '@fastchat/schema'

/** Run in a thread of its own, so that whoever measures is not late because of it. */
export type NamelessPlan = {
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

// What the case gives.
const { ports, sockets, perAddress, perSecond } = workerData as NamelessPlan
const startedAt = performance.now()
for (let n = 0; n < sockets; n++) {
  const aheadMs = (n * 1_000) / perSecond - (performance.now() - startedAt)
  if (aheadMs > 0) await delay(aheadMs)
  const address = Math.floor(n / perAddress)
  const localAddress = `127.1.${Math.floor(address / addressesOfNet)}.${(address % addressesOfNet) + 1}`
  const port = ports[n % ports.length] ?? 0
  const socket = connect({ host: '127.0.0.1', port, localAddress }, () => socket.write(handshake))
  socket.resume().on('error', () => undefined)
  // The thread ends when all are closed, which is up to the pods.
}
