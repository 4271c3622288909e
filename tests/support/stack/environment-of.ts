import type { Secrets } from '@fastchat/tools/secrets'
import { host, type Slot } from './process-slots.ts'
import type { StackOptions } from './stack-options.ts'

/**
 * The limits of chat pods in tests. All clients have one address and a few users send much. On a
 * slow machine, being late is not overload.
 */
const oneAddress = {
  USER_SENDS_PER_SECOND: '1000',
  USER_SEND_BURST: '10000',
  CONNECTS_PER_SECOND: '10000',
  CONNECT_BURST: '10000',
  HANDSHAKES_PER_SECOND: '10000',
  WAITING_PER_ADDRESS: '10000',
  REQUESTS_PER_SECOND: '10000',
  REQUEST_BURST: '100000',
  CHANGES_PER_SECOND: '1000',
  CHANGE_BURST: '10000',
  UPLOADS_PER_SECOND: '1000',
  UPLOAD_BURST: '10000',
  SHED_SOCKETS_AT_MS: '60000',
  SHED_SENDS_AT_MS: '60000',
}

type Surroundings = {
  readonly options: StackOptions
  readonly secrets: Secrets
  readonly redisUrl: string
  readonly databaseUrl: string
  readonly authPort: number
  readonly revision: string
}

/** Returns the environment of the process in a slot. */
export async function environmentOf(
  { name, service, port, adminPort }: Slot,
  { options, secrets, redisUrl, databaseUrl, authPort, revision }: Surroundings,
): Promise<Record<string, string>> {
  const reroute = options.reroute ?? (async (_from, _to, url) => url)
  const common = {
    NODE_ENV: 'production',
    HOST: host,
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    LOG_LEVEL: options.logLevel ?? 'info',
    REDIS_URL: await reroute(name, 'redis', redisUrl),
    AUTH_ISSUER: 'fastchat',
    AUTH_JWKS_URL: `http://${host}:${authPort}/.well-known/jwks.json`,
    ...options.env,
  }
  if (service === 'balancer') return { ...common, POD_HMAC_KEY_FILE: secrets.podHmacKey }
  const proxy = options.trustProxy
  const stored = {
    ...common,
    ...(proxy !== undefined && { TRUST_PROXY: `${host},${proxy}` }),
    DATABASE_URL: await reroute(name, 'postgres', databaseUrl),
  }
  if (service === 'auth') {
    return {
      ...stored,
      AUTH_SIGNING_KEYS_FILE: secrets.signingKeys,
      REFRESH_KEY_FILE: secrets.refreshKey,
      KDF_PEPPER_FILE: secrets.kdfPepper,
      POD_HMAC_KEY_FILE: secrets.podHmacKey,
      ...options.authEnv,
    }
  }
  return {
    ...stored,
    POD_NAME: name,
    POD_HMAC_KEY_FILE: secrets.podHmacKey,
    PUSH_KEY_FILE: secrets.pushKey,
    POD_REVISION: revision,
    ...oneAddress,
    ...options.podEnv,
    ...options.envOfPod?.(name),
  }
}
