import { join } from 'node:path'
import { freePort, startProcess, startRedis } from '@fastchat/testkit'
import type { StartOptions, System } from '../systems/system.ts'
import { PeerUsers } from './peer-users.ts'

/**
 * Starts Socket.IO with its redis-adapter. It stores nothing, so a message that is lost between two
 * nodes stays lost.
 */
export async function startSocketIo({ nodes, env = {} }: StartOptions): Promise<System> {
  const redis = await startRedis()
  const started = await Promise.all(
    Array.from({ length: nodes }, async (_, n) => {
      const port = await freePort()
      const node = await startProcess({
        name: `socketio-${n}`,
        file: join(import.meta.dirname, 'socketio-server.ts'),
        env: { ...env, NODE_ENV: 'production', PORT: String(port), REDIS_URL: redis.url },
        readyWhen: `http://127.0.0.1:${port}/`,
      })
      return { node, url: `ws://127.0.0.1:${port}` }
    }),
  )
  const users = new PeerUsers(
    'socketio',
    started.map(({ url }) => url),
  )
  return {
    name: 'socketio',
    servers: { ...Object.fromEntries(started.map(({ node }) => [node.name, node.pid])), redis: redis.pid },
    nodes: started.map(({ node }) => node.name),
    pairs: async (count) => users.pairs(count, (user) => user),
    group: async (members, senders) => ({ members: users.spread(members), senders, to: users.room() }),
    idle: async (count) => users.on(0, count),
    checkStored: async () => {},
    async stop() {
      await Promise.all(started.map(({ node }) => node.stop()))
      await redis.stop()
    },
  }
}
