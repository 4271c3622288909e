/**
 * The least work with which the libraries of our pods store a message before they ack it. One
 * insert stores all waiting messages, each is published once, and each socket gets one write per
 * tick. It lacks everything else of a chat: accounts, checks, numbers, duplicate detection, and a
 * backlog.
 */
import type { Socket } from 'node:net'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { WebSocket } from 'ws'
import { floorFrames } from '../driver/peers/floor.ts'

const { PORT = '', REDIS_URL = '', DATABASE_URL = '' } = process.env
type Message = { readonly room: string; readonly n: string; readonly body: string; readonly from: WebSocket }

const publisher = new Redis(REDIS_URL, { enableAutoPipelining: true })
const subscriber = publisher.duplicate({ enableAutoPipelining: false })
const database = new pg.Client({ connectionString: DATABASE_URL })
await database.connect()

const rooms = new Map<string, Set<WebSocket>>()
const corked = new Set<Socket>()
let waiting: Message[] = []
let isStoring = false

async function store(): Promise<void> {
  isStoring = true
  while (waiting.length > 0) {
    const batch = waiting
    waiting = []
    const array = (of: (message: Message) => string) => `{${batch.map(of).join(',')}}`
    await database.query({
      name: 'store',
      text: 'insert into message (room, body) select * from unnest($1::text[], $2::text[])',
      values: [array(({ room }) => room), array(({ body }) => body)],
    })
    for (const { room, body } of batch) void publisher.publish(room, body)
    for (const { from, n } of batch) write(from, floorFrames.acked + n)
  }
  isStoring = false
}

const asText = { binary: false, compress: false } as const

function write(ws: WebSocket, text: string | Buffer): void {
  const { _socket: socket } = ws as WebSocket & { readonly _socket: Socket }
  if (!corked.has(socket)) {
    if (corked.size === 0) setImmediate(uncork)
    corked.add(socket)
    socket.cork()
  }
  ws.send(text, asText)
}

function uncork(): void {
  for (const socket of corked) socket.uncork()
  corked.clear()
}

subscriber.on('messageBuffer', (room: Buffer, body: Buffer) => {
  const frame = Buffer.concat([Buffer.from(floorFrames.message), body])
  for (const ws of rooms.get(room.toString('latin1')) ?? []) write(ws, frame)
})

async function join(ws: WebSocket, room: string): Promise<void> {
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members.add(ws))
  await subscriber.subscribe(room)
  write(ws, floorFrames.joined)
}

const app = Fastify()
await app.register(websocket, { options: { perMessageDeflate: false, clientTracking: false } })
app.get('/readyz', async () => 'ready')
app.get('/', { websocket: true }, (ws) => {
  ws.on('message', (data) => {
    // The bench is the only client. With the default `binaryType` a message is one Buffer.
    const text = (data as Buffer).toString('latin1')
    if (text.startsWith(floorFrames.join)) {
      void join(ws, text.slice(floorFrames.join.length))
      return
    }
    const [room = '', n = '', body = ''] = text.slice(floorFrames.send.length).split(' ')
    waiting.push({ room, n, body, from: ws })
    if (!isStoring) void store()
  })
})
await app.listen({ host: '127.0.0.1', port: Number(PORT) })
