import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { subprotocol } from '@fastchat/schema'
import type { FaultCase } from '../fault-case.ts'
import { Sender } from '../sender.ts'

const sockets = 5_000
const perAddress = 20
const honestWithinMs = 2_000
const honestEveryMs = 250

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

/** As many loopback addresses as it takes for each to have no more than it may. */
const addressOf = (n: number): string => {
  const address = Math.floor(n / perAddress)
  return `127.1.${Math.floor(address / 250)}.${(address % 250) + 1}`
}

export const namelessSockets: FaultCase = {
  id: 'A-03',
  title: '5 000 sockets of 250 addresses never say who they are; whoever does is in within 2 s',
  // What one address may, and all together, as in production.
  installation: { podEnv: { WAITING_PER_ADDRESS: String(perAddress), HANDSHAKES_PER_SECOND: '200' } },
  bounds: { openFiles: 3_000 },
  async run({ installation, fault, flows, until, say }) {
    const sender = await Sender.seed(installation)
    const urls = installation.pods.map((_, n) => installation.stack.pod(n))
    const crowd: Socket[] = []
    let closed = 0
    let slowestMs = 0
    try {
      await fault('nameless sockets', 'pods', async () => {
        for (let n = 0; n < sockets; n++) {
          const port = Number(new URL(urls[n % urls.length] ?? '').port)
          const socket = connect({ host: '127.0.0.1', port, localAddress: addressOf(n) }, () => socket.write(handshake))
          socket.on('error', () => undefined).on('close', () => closed++)
          crowd.push(socket.resume())
        }
        while (closed < sockets) {
          slowestMs = Math.max(slowestMs, await timeToConnect(sender, urls))
          await delay(honestEveryMs)
        }
      })
    } finally {
      for (const socket of crowd) socket.destroy()
    }
    say(`  the slowest of the honest was in after ${Math.round(slowestMs)} ms`)
    if (slowestMs > honestWithinMs) throw new Error(`somebody waited ${Math.round(slowestMs)} ms to come in`)
    await until(() => timeToConnect(sender, urls).then(() => undefined))
    await flows(100)
  },
}

/** As a client does: to the next pod when one has no place. */
async function timeToConnect(sender: Sender, urls: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  for (let tries = 0; ; tries++) {
    const socket = await sender.connect(urls[tries % urls.length] ?? '').catch(() => undefined)
    if (socket) {
      socket.close()
      return performance.now() - startedAt
    }
    await delay(50)
  }
}
