/** The least that a WebSocket connection can cost on what our pods stand on: @fastify/websocket, and nothing else. */
import websocket from '@fastify/websocket'
import Fastify from 'fastify'

const app = Fastify()
await app.register(websocket)
app.get('/', { websocket: true }, (socket) => {
  socket.on('message', () => {})
})
app.get('/readyz', async () => 'ready')
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
