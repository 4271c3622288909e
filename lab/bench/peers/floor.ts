import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPostgres, startProcess, startRedis } from '@fastchat/testkit'
import pg from 'pg'
import type { StartOptions, System } from '../systems/system.ts'
import { PeerUsers } from './peer-users.ts'

/**
 * Starts the floor: our libraries and stores with one of our promises, see floor-server.ts. A
 * product on Node, Redis and PostgreSQL can't cost less.
 */
export async function startFloor({ nodes, conversations, env = {} }: StartOptions): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-floor-'))
  await chmod(folder, 0o711) // when we are root, PostgreSQL runs as another account
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres({ dataDir: join(folder, 'postgres') })])
  const database = new pg.Client({ connectionString: postgres.url })
  await database.connect()
  await database.query(
    'create table message (id bigint generated always as identity primary key, room text, body text)',
  )
  const started = await Promise.all(
    Array.from({ length: nodes }, async (_, n) => {
      const port = await freePort()
      const stores = { REDIS_URL: redis.url, DATABASE_URL: postgres.url }
      const node = await startProcess({
        name: `floor-${n}`,
        file: join(import.meta.dirname, 'floor-server.ts'),
        env: { ...env, NODE_ENV: 'production', PORT: String(port), ...stores },
        readyWhen: `http://127.0.0.1:${port}/readyz`,
      })
      return { node, url: `ws://127.0.0.1:${port}/` }
    }),
  )
  const users = new PeerUsers(
    'floor',
    started.map(({ url }) => url),
  )
  return {
    name: 'floor',
    servers: {
      ...Object.fromEntries(started.map(({ node }) => [node.name, node.pid])),
      redis: redis.pid,
      postgres: postgres.pid,
    },
    nodes: started.map(({ node }) => node.name),
    pairs: async (count) => users.pairs(count, (user) => user),
    group: async (members, senders) => ({ members: users.spread(members), senders, to: users.room() }),
    idle: async (count) => {
      // The first room is that of the user.
      const rooms = () => Array.from({ length: conversations - 1 }, () => users.room())
      return users.on(0, count).map((plan) => ({ ...plan, rooms: rooms() }))
    },
    async checkStored(messages) {
      const { rows } = await database.query<{ stored: number }>('select count(*)::int as stored from message')
      if (rows[0]?.stored !== messages) throw new Error(`the floor acked ${messages}, but has ${rows[0]?.stored}`)
    },
    async stop() {
      await database.end()
      await Promise.all(started.map(({ node }) => node.stop()))
      await Promise.all([redis.stop(), postgres.stop()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
