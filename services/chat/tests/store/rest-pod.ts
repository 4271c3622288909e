import { randomUUID } from 'node:crypto'
// The REST side of a pod on a separate test database.
import { systemClock } from '@fastchat/clock'
import { openPool, type Pool } from '@fastchat/db'
import type { DeviceId, UserId } from '@fastchat/schema'
import {
  AppError,
  buildServer,
  createLifecycle,
  createLogger,
  type DeviceActor,
  type TokenVerifier,
} from '@fastchat/service'
import { testDatabase } from '@fastchat/testkit'
import type { Delivery } from '../../src/domain/ports.ts'
import { registerRoutes } from '../../src/routes/index.ts'
import type { RouteDeps } from '../../src/routes/route-deps.ts'
import { createStore } from '../../src/store/index.ts'
import { type DevicePod, TestDevice } from './test-device.ts'

export type RestPod = DevicePod & {
  readonly url: string
  readonly announced: Delivery[]
  person(): Promise<TestDevice>
  close(): Promise<void>
}

const log = createLogger({ service: 'test', level: 'silent' })

/** A limit that refuses nothing. Real limits are tested over real pods, in limits.test.ts. */
const unlimited = { take: () => 0 }

export async function openRestPod(limited: Partial<RouteDeps['rates']> = {}): Promise<RestPod> {
  const database = await testDatabase()
  const life = createLifecycle(log)
  life.own(database, (it) => it.drop())
  const announced: Delivery[] = []
  const announce = (delivery: Delivery) => void announced.push(delivery)
  const store = await createStore({
    databaseUrl: database.url,
    log,
    keepDays: 45,
    clock: systemClock,
    random: Math.random,
    newId: randomUUID,
  })
  const writers = store.openWriters({ announce })
  life.own(store, (it) => it.close())
  const pool = openPool(database.url, { maxConnections: 4, applicationName: 'test', onIdleError: () => undefined })
  life.own(pool, (it) => it.end())
  const verifier = tokensNamingDevices(pool)
  const server = await buildServer({
    name: 'chat',
    log,
    life,
    newRequestId: randomUUID,
    verifier,
    ready: () => ({ ok: true, checks: {} }),
  })
  const rates = {
    ...{ changes: unlimited, prunes: unlimited, commits: unlimited, handshakeBytes: unlimited },
    ...{ uploads: unlimited, uploadBytes: unlimited },
    ...limited,
  }
  registerRoutes(server, { ...store, membership: writers.membership, rates })
  await server.app.ready()
  const pod: RestPod = {
    url: database.url,
    pool,
    store,
    writers,
    server,
    announced,
    person: () => TestDevice.signUp(pod),
    close: () => life.close(),
  }
  return pod
}

/** Verifies test tokens: the id of the device. Real tokens are tested in auth. */
function tokensNamingDevices(pool: Pool): TokenVerifier {
  return {
    async device(token) {
      const { rows } = await pool.query<{ user: UserId; device: DeviceId }>(
        `select u.pub_id as user, d.pub_id as device from device d join "user" u on u.id = d.user_id where d.pub_id::text = $1`,
        [token],
      )
      const [row] = rows
      if (!row) throw new AppError('unauthorized')
      const actor: DeviceActor = {
        scope: 'device',
        userId: row.user,
        deviceId: row.device,
        sessionId: 's',
        expiresAt: 0,
      }
      return actor
    },
    enrol: () => Promise.reject(new AppError('unauthorized')),
  }
}
