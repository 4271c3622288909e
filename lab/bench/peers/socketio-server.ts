/**
 * One node of a Socket.IO cluster as its documentation describes it: the redis-adapter, WebSocket
 * only, and nothing stored.
 */
import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'

const { PORT = '', REDIS_URL = '' } = process.env
const publisher = new Redis(REDIS_URL)
const http = createServer((_, response) => response.end('ready'))
const io = new Server(http, {
  adapter: createAdapter(publisher, publisher.duplicate()),
  transports: ['websocket'],
  serveClient: false,
})
io.on('connection', async (socket) => {
  // The bench is the only client.
  const { user } = socket.handshake.auth as { user: string }
  await socket.join(user)
  socket.on('join', async (room: string, done: () => void) => {
    await socket.join(room)
    done()
  })
  socket.on('send', (to: string, body: string, taken: () => void) => {
    io.to(to).emit('message', body)
    taken()
  })
})
http.listen(Number(PORT), '127.0.0.1')
