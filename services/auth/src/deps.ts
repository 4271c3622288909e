import { randomBytes, randomUUID } from 'node:crypto'
import { openPublisher } from '@fastchat/cluster'
import { openPrisma } from '@fastchat/db'
import { createTokenVerifier, type Lifecycle, type Logger } from '@fastchat/service'
import type { Config } from './config.ts'
import { createAccountStates } from './domain/account-state.ts'
import { createAccounts } from './domain/accounts.ts'
import { createDevices } from './domain/devices.ts'
import { createGuessDelay } from './domain/guess-delay.ts'
import { createKeyPackages } from './domain/key-packages.ts'
import { createPasswordHasher } from './domain/password-hasher.ts'
import { createBudget, createRateLimit } from './domain/rate-limit.ts'
import { secretBytes } from './domain/refresh-token.ts'
import { createSessions } from './domain/sessions.ts'
import { createTokenIssuer } from './domain/token-issuer.ts'
import { createWorkGate } from './domain/work-gate.ts'
import { openSigningKeyFile } from './signing-key-file.ts'
import { createAccountStateStore } from './store/account-state-store.ts'
import { createAccountStore } from './store/account-store.ts'
import { createDeviceStore } from './store/device-store.ts'
import { createKeyPackageStore } from './store/key-package-store.ts'
import { createLocalCounter, createSharedCounter } from './store/rate-counter.ts'
import { createSessionStore } from './store/session-store.ts'
import { createLocalTries, createSharedTries } from './store/try-counter.ts'
import { createUserStore } from './store/user-store.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** A device brings a hundred packages at a time at most, and that seldom. */
const uploadsPerHour = 60
/** A device looks up the users of a group that it does not know, once each time it enters one. */
const lookUpsPerMinute = 600
/**
 * A device stores new heads of its groups twice a minute at most, if others keep changing them: these must not use up what the next pin
 * needs. So there is room for ten such devices, and another limit of bytes, which only large states reach.
 */
const statePutsPerHour = 1_200
const statePutBytesPerHour = 64 * 1024 * 1024
/** Each store is a read before; and twenty devices that ask. */
const stateReadsPerHour = 3_000
/** Networks at full rate before those at one account slow each other down: a bound on guessing from many places. */
const networksPerAccount = 10

export type Deps = Awaited<ReturnType<typeof openDeps>>

/** Opens what the configuration names and puts the domain together: the only place that touches clocks and randomness. */
export async function openDeps(config: Config, { log, life }: { log: Logger; life: Lifecycle }) {
  const monotonic = () => performance.now()
  const signingKeys = await openSigningKeyFile(config.AUTH_SIGNING_KEYS_FILE, { log, life })
  const keys = signingKeys.current
  const prisma = life.own(
    openPrisma(config.DATABASE_URL, {
      databaseCa: config.DATABASE_CA,
      maxConnections: config.DATABASE_CONNECTIONS,
      applicationName: 'fastchat-auth',
      onConnectError: (err) => log.error({ err }, 'cannot connect to the database'),
    }),
    (it) => it.$disconnect(),
  )
  const redis =
    config.REDIS_URL === undefined
      ? undefined
      : life.own(openPublisher({ redisUrl: config.REDIS_URL, redisCa: config.REDIS_CA, log, name: 'auth' }), (it) =>
          it.disconnect(),
        )
  const prefix = config.REDIS_PREFIX
  const [localCounter, localTries] = [createLocalCounter(monotonic), createLocalTries(monotonic)]
  const counter = redis ? createSharedCounter(redis, { prefix, local: localCounter }) : localCounter
  const tries = redis ? createSharedTries(redis, { prefix, local: localTries }) : localTries
  const gate = createWorkGate({ slots: config.HASH_SLOTS, maxWaitMs: config.HASH_QUEUE_MS, now: monotonic })
  const issuer = createTokenIssuer({ keys, issuer: config.AUTH_ISSUER, now: Date.now })
  const users = createUserStore(prisma)
  const deviceStore = createDeviceStore(prisma)

  return {
    keys,
    gate,
    reloadKeys: signingKeys.reload,
    issuer,
    verifier: createTokenVerifier({ issuer: config.AUTH_ISSUER, keys: { current: () => keys().published } }),
    users,
    accounts: createAccounts({
      store: createAccountStore(prisma),
      hasher: await createPasswordHasher(gate),
      users,
      signups: createRateLimit(counter, { name: 'signup', max: config.SIGNUPS_PER_IP_MINUTE, windowMs: minuteMs }),
      logins: createRateLimit(counter, { name: 'login', max: config.RATE_PER_ACCOUNT_MINUTE, windowMs: minuteMs }),
      allLogins: createRateLimit(counter, {
        name: 'all-logins',
        max: config.RATE_PER_ACCOUNT_MINUTE * networksPerAccount,
        windowMs: minuteMs,
      }),
      guesses: createGuessDelay(tries, config.GUESSES_BEFORE_DELAY),
      pepper: config.KDF_PEPPER,
    }),
    devices: createDevices({ store: deviceStore, users }),
    sessions: createSessions({
      store: createSessionStore(prisma),
      issuer,
      refreshKey: config.REFRESH_KEY,
      now: Date.now,
      newToken: () => ({ family: randomUUID(), generation: 0, secret: randomBytes(secretBytes) }),
      onReuse: (session) => log.warn({ session }, 'refresh token used again, session ended'),
    }),
    keyPackages: createKeyPackages({
      store: createKeyPackageStore(prisma),
      devices: deviceStore,
      users,
      claims: createRateLimit(counter, { name: 'claim', max: config.CLAIMS_PER_PAIR_HOUR, windowMs: hourMs }),
      claimsOfAll: createRateLimit(counter, {
        ...{ name: 'claims-of-all', max: config.CLAIMS_PER_DAY, windowMs: dayMs },
        limit: 'keyPackageClaimsPerDay',
      }),
      oneTimePerPair: createBudget(counter, {
        name: 'one-time-pair',
        max: config.ONE_TIME_CLAIMS_PER_PAIR_DAY,
        windowMs: dayMs,
      }),
      oneTimePerTarget: createBudget(counter, {
        name: 'one-time-target',
        max: config.ONE_TIME_CLAIMS_PER_TARGET_DAY,
        windowMs: dayMs,
      }),
      uploads: createRateLimit(counter, { name: 'upload', max: uploadsPerHour, windowMs: hourMs }),
      now: Date.now,
    }),
    accountStates: createAccountStates({ store: createAccountStateStore(prisma) }),
    /** By user, as the three behind it. */
    lookUps: createRateLimit(counter, { name: 'look-up', max: lookUpsPerMinute, windowMs: minuteMs }),
    statePuts: createRateLimit(counter, { name: 'state-put', max: statePutsPerHour, windowMs: hourMs }),
    statePutBytes: createRateLimit(counter, { name: 'state-bytes', max: statePutBytesPerHour, windowMs: hourMs }),
    stateReads: createRateLimit(counter, { name: 'state-read', max: stateReadsPerHour, windowMs: hourMs }),
    perIp: createRateLimit(counter, { name: 'ip', max: config.RATE_PER_IP_MINUTE, windowMs: minuteMs }),
    trustProxy: config.TRUST_PROXY,
    /** Whether the database answers. Without Redis auth works on. */
    async ready() {
      const database = await prisma.$queryRaw`select 1`.then(
        () => true,
        () => false,
      )
      return { ok: database, checks: { database } }
    },
  }
}
