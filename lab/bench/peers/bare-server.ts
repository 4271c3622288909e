/**
 * A server with @fastify/websocket and nothing else: the least that a connection can cost on the
 * libraries of our pods.
 */
import websocket from '@fastify/websocket'
import Fastify from 'fastify'

const app = Fastify()
await app.register(websocket)
app.get('/', { websocket: true }, (socket) => {
  socket.on('message', () => {})
})
app.get('/readyz', async () => 'ready')
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
