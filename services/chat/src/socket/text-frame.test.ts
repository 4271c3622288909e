import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { textFrame } from './text-frame.ts'

test('a WebSocket client reads the text, for each size of the length field', async () => {
  const texts = [0, 1, 125, 126, 65_535, 65_536, 100_000].map((length) => 'x'.repeat(length))
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (_, { socket }) => {
    for (const text of texts) socket.write(textFrame(Buffer.from(text)))
  })
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const read: string[] = []
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject)
    client.on('message', (data, isBinary) => {
      read.push(isBinary ? 'binary' : String(data))
      if (read.length === texts.length) resolve()
    })
  })
  expect(read).toEqual(texts)
  client.close()
  server.close()
})
