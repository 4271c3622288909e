import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '@fastchat/clock'
import {
  createKeys,
  createPodSeal,
  openPods,
  openPublisher,
  type Pods,
  podHmacKeyForm,
  podHmacKeyPattern,
  redisCaForm,
  redisCaPattern,
  redisUrlForms,
  redisUrlPattern,
} from '@fastchat/cluster'
import {
  databaseCaForm,
  databaseCaPattern,
  databaseUrlForm,
  databaseUrlPattern,
  openPool,
  type Pool,
} from '@fastchat/db'
import { fromCheckedBase64Url, loadConfig } from '@fastchat/service'
import { Type } from 'typebox'
import type { Output } from './output.ts'

const databaseUrl = Type.String({ pattern: databaseUrlPattern, description: databaseUrlForm })
const databaseCa = Type.Optional(Type.String({ pattern: databaseCaPattern, description: databaseCaForm }))
const Database = Type.Object({ DATABASE_URL: databaseUrl, DATABASE_CA: databaseCa })
/** Connects past a pooler, which may end a statement before it has read the whole log. */
const DirectDatabase = Type.Object({ DIRECT_DATABASE_URL: databaseUrl, DATABASE_CA: databaseCa })
const RedisConfig = Type.Object({
  REDIS_URL: Type.String({ pattern: redisUrlPattern, description: redisUrlForms }),
  REDIS_CA: Type.Optional(Type.String({ pattern: redisCaPattern, description: redisCaForm })),
  POD_HMAC_KEY: Type.String({ pattern: podHmacKeyPattern, description: podHmacKeyForm }),
  REDIS_PREFIX: Type.String({ default: 'fc', pattern: '^[A-Za-z0-9_-]+$' }),
})

/** Enough to count a log, or to give every conversation its next group. */
const statementTimeoutMs = 10 * 60_000
const redisConnectMs = 3_000

/** The output and the connections of a command. They are closed when the command ends. */
export type Context = {
  readonly out: Output
  readonly clock: Clock
  /** Returns bytes of the platform's generator. */
  readonly drawBytes: (count: number) => Uint8Array
  /** Opens the database. @throws ConfigError without a DATABASE_URL */
  readonly database: () => Pool
  /**
   * Resolves when Redis answers. @throws ConfigError without a REDIS_URL or POD_HMAC_KEY; Error
   * while Redis is away
   */
  readonly pods: () => Promise<Pods>
}

export type OpenContext = Context & { readonly close: () => Promise<void> }

export function openContext(env: NodeJS.ProcessEnv, out: Output): OpenContext {
  const closers: (() => unknown)[] = []
  const silent = { info: () => undefined, warn: () => undefined }
  const clock = systemClock
  return {
    ...{ out, clock, drawBytes: randomBytes },
    database() {
      const { url, ca } = databaseOf(env)
      const pool = openPool(url, {
        databaseCa: ca,
        maxConnections: 1,
        applicationName: 'fastchat-admin',
        timeoutMs: statementTimeoutMs,
        onIdleError: () => undefined,
      })
      closers.push(() => pool.end())
      return pool
    },
    async pods() {
      const { REDIS_URL, REDIS_CA, POD_HMAC_KEY, REDIS_PREFIX } = loadConfig(RedisConfig, env)
      const redis = openPublisher({
        random: Math.random,
        redisUrl: REDIS_URL,
        redisCa: REDIS_CA,
        log: silent,
        name: 'admin',
      })
      closers.push(() => redis.disconnect())
      await untilReady(redis)
      const seal = createPodSeal(fromCheckedBase64Url(POD_HMAC_KEY))
      const keys = createKeys(REDIS_PREFIX)
      return openPods({ redis, keys, seal, log: silent, clock, random: Math.random })
    },
    async close() {
      for (const close of closers.toReversed()) await close()
    },
  }
}

function databaseOf(env: NodeJS.ProcessEnv): { url: string; ca: string | undefined } {
  if (env.DIRECT_DATABASE_URL || env.DIRECT_DATABASE_URL_FILE) {
    const { DIRECT_DATABASE_URL, DATABASE_CA } = loadConfig(DirectDatabase, env)
    return { url: DIRECT_DATABASE_URL, ca: DATABASE_CA }
  }
  const { DATABASE_URL, DATABASE_CA } = loadConfig(Database, env)
  return { url: DATABASE_URL, ca: DATABASE_CA }
}

async function untilReady(redis: ReturnType<typeof openPublisher>): Promise<void> {
  if (redis.status === 'ready') return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no connection to Redis in time')), redisConnectMs)
    redis.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
