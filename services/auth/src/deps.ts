import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '@fastchat/clock'
import { createAccountPush, openPublisher, type PushAccount, parseRedisUrl } from '@fastchat/cluster'
import { openPrisma } from '@fastchat/db'
import { limits } from '@fastchat/schema'
import { createTokenVerifier, fromCheckedBase64Url, type Lifecycle, type Logger } from '@fastchat/service'
import type { Config } from './config.ts'
import { createAccountStates } from './domain/account-state.ts'
import { createAccounts } from './domain/accounts.ts'
import { createDevices } from './domain/devices.ts'
import { createGuessDelay } from './domain/guess-delay.ts'
import { createKeyPackages } from './domain/key-packages.ts'
import { createOwnAccount } from './domain/own-account.ts'
import { createOwnRecords } from './domain/own-records.ts'
import { createPasswordHasher } from './domain/password-hasher.ts'
import { createBudget, createRateLimit } from './domain/rate-limit.ts'
import { createRecovery } from './domain/recovery.ts'
import { secretBytes } from './domain/refresh-token.ts'
import { createSessions } from './domain/sessions.ts'
import { createTokenIssuer } from './domain/token-issuer.ts'
import { createWorkGate } from './domain/work-gate.ts'
import { startHousekeeping } from './housekeeping.ts'
import { openClockWatch } from './open-clock-watch.ts'
import { openSigningKeyFile } from './signing-key-file.ts'
import { createAccountBackupStore } from './store/account-backup-store.ts'
import { createAccountStateStore } from './store/account-state-store.ts'
import { createAccountStore } from './store/account-store.ts'
import { createDeviceStore } from './store/device-store.ts'
import { createIdleSessions } from './store/idle-sessions.ts'
import { createKeyPackageStore } from './store/key-package-store.ts'
import { createOwnAccountStore } from './store/own-account-store.ts'
import { createOwnRecordStore } from './store/own-record-store.ts'
import { createLocalCounter, createSharedCounter } from './store/rate-counter.ts'
import { createRecoveryStore } from './store/recovery-store.ts'
import { createSessionStore } from './store/session-store.ts'
import { createLocalTries, createSharedTries } from './store/try-counter.ts'
import { createUserStore } from './store/user-store.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** A device uploads at most a hundred packages at a time, and rarely. */
const uploadsPerHour = 60
/** A device looks up the unknown users of a group once, when it enters the group. */
const lookUpsPerMinute = 600
/**
 * A device stores new heads of its groups at most twice a minute, if others keep changing them.
 * These writes must not use up the budget of the next pin. So the limit leaves room for ten such
 * devices, and a limit of bytes stops large states.
 */
const statePutsPerHour = 1_200
const statePutBytesPerHour = 64 * 1024 * 1024
/** Each store is preceded by a read. The rest is for twenty devices that poll. */
const stateReadsPerHour = 3_000
/** Changes of a user's own account. People make few; each new password costs a hash. */
const accountChangesPerHour = 60
/** Twenty devices that back up every two minutes, each with a read before it. */
const backupCallsPerHour = 1_200
const backupPutBytesPerHour = 128 * 1024 * 1024
/**
 * A device in use stores its read positions at most once a second, and each other device then reads
 * them. These limits leave room for ten such devices, and a limit of bytes stops large records.
 */
const recordPutsPerHour = 10_000
const recordPutBytesPerHour = 64 * 1024 * 1024
const recordReadsPerHour = 50_000
/**
 * This many networks at full rate may try one account before they slow each other down. It limits
 * password guessing from many places.
 */
const networksPerAccount = 10

export type Deps = Awaited<ReturnType<typeof openDeps>>

/**
 * Opens all that the configuration names and builds the domain. Only this file touches clocks and
 * randomness.
 */
export async function openDeps(
  config: Config,
  { log, life, clock }: { readonly log: Logger; readonly life: Lifecycle; readonly clock: Clock },
) {
  const { wallMs, monotonicMs } = clock
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
      : life.own(
          openPublisher({
            random: Math.random,
            redisUrl: config.REDIS_URL,
            redisCa: config.REDIS_CA,
            log,
            name: 'auth',
          }),
          (it) => it.disconnect(),
        )
  // Without Redis there is no second clock to tell which one is wrong, so nothing is compared.
  const clockWatch =
    redis && openClockWatch({ prisma, redis, clock, log, life, toleranceMs: config.CLOCK_TOLERANCE_SECONDS * 1_000 })
  const prefix = config.REDIS_PREFIX
  const [localCounter, localTries] = [createLocalCounter(monotonicMs), createLocalTries(monotonicMs)]
  const counter = redis ? createSharedCounter(redis, { prefix, local: localCounter }) : localCounter
  const tries = redis ? createSharedTries(redis, { prefix, local: localTries }) : localTries
  const gate = createWorkGate({ slots: config.HASH_SLOTS, maxWaitMs: config.HASH_QUEUE_MS, monotonicMs })
  const issuer = createTokenIssuer({ keys, issuer: config.AUTH_ISSUER, wallMs, newTokenId: randomUUID })
  const pushAccount: PushAccount =
    redis && config.REDIS_URL !== undefined && config.POD_HMAC_KEY !== undefined
      ? createAccountPush({
          redis,
          isCluster: parseRedisUrl(config.REDIS_URL).isCluster,
          hmacKey: fromCheckedBase64Url(config.POD_HMAC_KEY),
          origin: randomUUID(),
          prefix,
        })
      : () => undefined
  const users = createUserStore(prisma)
  const deviceStore = createDeviceStore(prisma, wallMs)
  const hasher = await createPasswordHasher(gate, randomBytes(secretBytes))
  const loginLimits = {
    logins: createRateLimit(counter, { name: 'login', max: config.RATE_PER_ACCOUNT_MINUTE, windowMs: minuteMs }),
    allLogins: createRateLimit(counter, {
      name: 'all-logins',
      max: config.RATE_PER_ACCOUNT_MINUTE * networksPerAccount,
      windowMs: minuteMs,
    }),
    guesses: createGuessDelay(tries, config.GUESSES_BEFORE_DELAY),
  }

  const idle = createIdleSessions(prisma, wallMs)
  life.own(startHousekeeping({ endIdle: idle.end, log, random: Math.random }), (it) => it.stop())

  return {
    keys,
    gate,
    /** Does nothing without Redis or the key of the pods: devices then look when they connect. */
    pushAccount,
    reloadKeys: signingKeys.reload,
    issuer,
    verifier: createTokenVerifier({ issuer: config.AUTH_ISSUER, keys: { current: () => keys().published }, clock }),
    users,
    accounts: createAccounts({
      store: createAccountStore(prisma, wallMs),
      hasher,
      users,
      signups: createRateLimit(counter, { name: 'signup', max: config.SIGNUPS_PER_IP_MINUTE, windowMs: minuteMs }),
      ...loginLimits,
      pepper: config.KDF_PEPPER,
    }),
    recovery: createRecovery({ store: createRecoveryStore(prisma), ...loginLimits }),
    ownAccount: createOwnAccount({ store: createOwnAccountStore(prisma, wallMs), hasher, users }),
    /** Counts by user. */
    accountChanges: createRateLimit(counter, { name: 'account-change', max: accountChangesPerHour, windowMs: hourMs }),
    devices: createDevices({ store: deviceStore, users }),
    sessions: createSessions({
      store: createSessionStore(prisma),
      issuer,
      refreshKey: config.REFRESH_KEY,
      idleDays: config.SESSION_IDLE_DAYS,
      wallMs,
      newToken: () => ({ family: randomUUID(), generation: 0, secret: randomBytes(secretBytes) }),
      onReuse: (session) => log.warn({ session }, 'refresh token used again, session ended'),
    }),
    keyPackages: createKeyPackages({
      store: createKeyPackageStore(prisma, wallMs),
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
      wallMs,
    }),
    endIdleSessions: idle.end,
    accountStates: createAccountStates({ store: createAccountStateStore(prisma) }),
    ownRecords: createOwnRecords({ store: createOwnRecordStore(prisma), max: limits.maxOwnRecords }),
    accountBackups: createAccountStates({ store: createAccountBackupStore(prisma) }),
    /** This limit and those below, but the last one, count by user. */
    lookUps: createRateLimit(counter, { name: 'look-up', max: lookUpsPerMinute, windowMs: minuteMs }),
    statePuts: createRateLimit(counter, { name: 'state-put', max: statePutsPerHour, windowMs: hourMs }),
    statePutBytes: createRateLimit(counter, { name: 'state-bytes', max: statePutBytesPerHour, windowMs: hourMs }),
    stateReads: createRateLimit(counter, { name: 'state-read', max: stateReadsPerHour, windowMs: hourMs }),
    recordPuts: createRateLimit(counter, { name: 'record-put', max: recordPutsPerHour, windowMs: hourMs }),
    recordPutBytes: createRateLimit(counter, { name: 'record-bytes', max: recordPutBytesPerHour, windowMs: hourMs }),
    recordReads: createRateLimit(counter, { name: 'record-read', max: recordReadsPerHour, windowMs: hourMs }),
    backupReads: createRateLimit(counter, { name: 'backup-read', max: backupCallsPerHour, windowMs: hourMs }),
    backupPuts: createRateLimit(counter, { name: 'backup-put', max: backupCallsPerHour, windowMs: hourMs }),
    backupPutBytes: createRateLimit(counter, { name: 'backup-bytes', max: backupPutBytesPerHour, windowMs: hourMs }),
    perIp: createRateLimit(counter, { name: 'ip', max: config.RATE_PER_IP_MINUTE, windowMs: minuteMs }),
    clockWatch,
    newRequestId: (): string => randomUUID(),
    trustProxy: config.TRUST_PROXY,
    /**
     * Auth is ready while the database answers and the clock is right. It does not need Redis.
     */
    async ready() {
      const database = await prisma.$queryRaw`select 1`.then(
        () => true,
        () => false,
      )
      // A database that has just come back need not wait for the next look.
      if (database && clockWatch?.hasLooked === false) await clockWatch.look()
      const isClockRight = clockWatch === undefined || (clockWatch.hasLooked && !clockWatch.isOff)
      return { ok: database && isClockRight, checks: { database, clock: isClockRight } }
    },
  }
}
