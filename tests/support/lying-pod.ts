import { type ServerFrame, subprotocol } from '@fastchat/schema'
import { freePort } from '@fastchat/testkit'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

/** Returns the frames that the client gets instead of `frame`. */
export type Lie = (frame: ServerFrame) => readonly ServerFrame[]

const honest: Lie = (frame) => [frame]

/** A proxy between a client and a pod that changes the frames to the client. */
export class LyingPod {
  lie: Lie = honest
  readonly url: string
  readonly #server: WebSocketServer

  private constructor(url: string, server: WebSocketServer) {
    this.url = url
    this.#server = server
  }

  static async start(target: string): Promise<LyingPod> {
    const port = await freePort()
    const server = new WebSocketServer({ port, host: '127.0.0.1', handleProtocols: () => subprotocol })
    const pod = new LyingPod(`ws://127.0.0.1:${port}/ws`, server)
    server.on('connection', (client) => pod.#join(client, new WebSocket(target, subprotocol)))
    await new Promise((resolve) => server.once('listening', resolve))
    return pod
  }

  stop(): void {
    for (const client of this.#server.clients) client.terminate()
    this.#server.close()
  }

  #join(client: WebSocket, server: WebSocket): void {
    const early: RawData[] = []
    client.on('message', (data) => {
      if (server.readyState === WebSocket.OPEN) server.send(String(data))
      else early.push(data)
    })
    server.on('open', () => {
      for (const data of early) server.send(String(data))
    })
    server.on('message', (data) => {
      for (const frame of this.lie(JSON.parse(String(data)) as ServerFrame)) client.send(JSON.stringify(frame))
    })
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('close', () => other.terminate())
      one.on('error', () => other.terminate())
    }
  }
}
