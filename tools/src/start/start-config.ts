import { resolve } from 'node:path'
import { percentEncoding } from '@fastchat/db'
import { trustedProxies } from '@fastchat/service/trusted-proxies'
import { OperatorError } from '@fastchat/testkit/local'

export type StartConfig = {
  readonly port: number
  readonly chatPods: number
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  readonly redisUrl: string | undefined
  readonly logLevel: string
  /** The addresses or ranges of proxies before the front door. */
  readonly trustProxy: readonly string[]
}

/** The most pods of one machine. More would only compete for its cores. */
const maxChatPods = 16

export const help = `npm start: runs FastChat on this machine until Ctrl-C
npm start -- --demo: the same, with four people, a chat and a group to look at
npm start -- --upgrade-data: upgrades data of an older PostgreSQL to the version of this FastChat

  PORT=8080          the port for apps and clients (http://localhost:8080)
  CHAT_PODS=2        number of chat pods that share the connections (1–${maxChatPods})
  DATA_DIR=.data     messages, secrets and logs; kept between runs
  DATABASE_URL       your PostgreSQL; without it FastChat starts one in DATA_DIR
  REDIS_URL          your Redis; without it FastChat starts one, and installs it if necessary
  TRUST_PROXY        addresses or ranges of proxies whose X-Forwarded-For is trusted, separated by commas: 127.0.0.1 (docs/proxies)
  LOG_LEVEL=info     log level of the services; their logs are in DATA_DIR/logs`

/** Reads the environment. Throws OperatorError that names the wrong variable. */
export function readStartConfig(env: NodeJS.ProcessEnv): StartConfig {
  return {
    port: integer(env, 'PORT', 8080, 1, 65_535),
    chatPods: integer(env, 'CHAT_PODS', 2, 1, maxChatPods),
    dataDir: resolve(env.DATA_DIR || '.data'),
    databaseUrl: url(env, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: url(env, 'REDIS_URL', ['redis:', 'rediss:']),
    logLevel: env.LOG_LEVEL || 'info',
    trustProxy: proxies(env.TRUST_PROXY),
  }
}

function integer(env: NodeJS.ProcessEnv, name: string, fallback: number, least: number, most: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new OperatorError(`${name} must be a whole number from ${least} to ${most}`)
}

/** Reads a URL. The error does not repeat the value, which may hold a password. */
function url(env: NodeJS.ProcessEnv, name: string, protocols: readonly string[]): string | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text
  throw new OperatorError(`${name} must be a URL that starts with ${protocols[0]}//; ${percentEncoding}`)
}

function proxies(text: string | undefined): readonly string[] {
  if (text === undefined || text === '') return []
  const known = trustedProxies(text)
  if (known === undefined) throw new OperatorError('TRUST_PROXY must be addresses or ranges of proxies, with commas')
  return known
}
