import { availableParallelism } from 'node:os'
import {
  podHmacKeyForm,
  podHmacKeyPattern,
  redisCaForm,
  redisCaPattern,
  redisUrlForms,
  redisUrlPattern,
} from '@fastchat/cluster'
import { databaseCaForm, databaseCaPattern, databaseUrlForm, databaseUrlPattern } from '@fastchat/db'
import { limits } from '@fastchat/schema'
import { clockToleranceSetting, trustProxyForm } from '@fastchat/service'
import { type Static, Type } from 'typebox'

/** The default size of libuv's thread pool, which hashing, name look-ups and files share. */
const threadPoolSize = 4
/** Leaves one thread free, so a reconnect by host name does not wait for a flood of logins. */
const defaultHashSlots = Math.max(1, Math.min(availableParallelism(), threadPoolSize - 1))

const secret = (description: string) => Type.String({ minLength: 32, description })

/** All settings that auth reads from its environment. */
export const ConfigSchema = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8081, description: 'Port to listen on; 0: any' }),
  ADMIN_PORT: Type.Integer({
    default: 9081,
    minimum: 0,
    maximum: 65_535,
    description: 'Port for health, metrics and drain, for operators only; 0: any',
  }),
  TRUST_PROXY: Type.Optional(Type.String({ description: trustProxyForm })),
  DATABASE_URL: Type.String({ pattern: databaseUrlPattern, description: databaseUrlForm }),
  DATABASE_CA: Type.Optional(Type.String({ pattern: databaseCaPattern, description: databaseCaForm })),
  DATABASE_CONNECTIONS: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 8,
    description: 'Connections to PostgreSQL that one pod opens at most',
  }),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: redisUrlPattern,
      description: `Shares rate limits between the pods of auth: ${redisUrlForms}`,
    }),
  ),
  REDIS_CA: Type.Optional(Type.String({ pattern: redisCaPattern, description: redisCaForm })),
  REDIS_PREFIX: Type.String({
    default: 'fc',
    pattern: '^[A-Za-z0-9_-]+$',
    description: 'Beginning of the names of the rate limits in Redis',
  }),
  POD_HMAC_KEY: Type.Optional(
    Type.String({
      pattern: podHmacKeyPattern,
      description: `With it, pods tell connected devices at once what changed in their account: ${podHmacKeyForm}`,
    }),
  ),
  AUTH_SIGNING_KEYS_FILE: Type.String({ minLength: 1, description: 'Private JWKS (Ed25519); the first key signs' }),
  AUTH_ISSUER: Type.String({ minLength: 1, default: 'fastchat', description: '`iss` of the tokens that auth signs' }),
  REFRESH_KEY: secret('Seals refresh tokens and derives their successors'),
  KDF_PEPPER: secret('Derives the salt that is shown for unknown users'),
  SESSION_IDLE_DAYS: Type.Integer({
    minimum: 1,
    maximum: 3_650,
    default: 45,
    description: 'A device that is not used for this long is signed out. Its history stays on it',
  }),
  HASH_SLOTS: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: defaultHashSlots,
    description: 'Passwords that are hashed at the same time, each on a thread',
  }),
  HASH_QUEUE_MS: Type.Integer({
    minimum: 0,
    maximum: 30_000,
    default: 2_000,
    description: 'Time that a login may wait for the hashing. One that would wait longer is answered `busy`',
  }),
  CLOCK_TOLERANCE_SECONDS: clockToleranceSetting(
    'Auth is not ready while its clock differs by more from those of PostgreSQL and Redis; tokens allow for 30',
  ),
  RATE_PER_IP_MINUTE: Type.Integer({
    minimum: 1,
    default: 3_000,
    description: 'Requests without a token from one network: sign-ups, logins and refreshes each have this many',
  }),
  SIGNUPS_PER_IP_MINUTE: Type.Integer({ minimum: 1, default: 600, description: 'Sign-ups from one network' }),
  RATE_PER_ACCOUNT_MINUTE: Type.Integer({
    minimum: 1,
    default: 60,
    description: 'Logins at one account from one network; ten times as many from all networks together',
  }),
  GUESSES_BEFORE_DELAY: Type.Integer({
    minimum: 1,
    default: 5,
    description: 'Wrong passwords for one account from one network before the next ones wait',
  }),
  CLAIMS_PER_PAIR_HOUR: Type.Integer({
    minimum: 1,
    default: 200,
    description: 'Key packages of one user that another may ask for',
  }),
  CLAIMS_PER_DAY: Type.Integer({
    minimum: 1,
    default: limits.keyPackageClaimsPerDay,
    description: 'Claims of key packages that one user may make, of all others together',
  }),
  ONE_TIME_CLAIMS_PER_PAIR_DAY: Type.Integer({
    minimum: 1,
    default: 10,
    description: 'Of these, those answered with one-time packages; the others get the last-resort ones',
  }),
  ONE_TIME_CLAIMS_PER_TARGET_DAY: Type.Integer({
    minimum: 1,
    default: 50,
    description: 'Claims on one user, by all others together, that are answered with one-time packages',
  }),
})
export type Config = Static<typeof ConfigSchema>
