import { join } from 'node:path'
import type { ServiceName } from '@fastchat/schema'
import { freePort } from '@fastchat/testkit/local'
import type { Run } from './run.ts'
import type { Stores } from './stores.ts'

export type ServiceProcess = {
  readonly name: string
  readonly service: ServiceName
  readonly file: string
  readonly port: number
  /** The port of health, metrics and drain. It is for operators, not behind the front door. */
  readonly adminPort: number
  readonly env: Readonly<Record<string, string>>
}

const servicesFolder = join(import.meta.dirname, '..', '..', '..', 'services')
const host = '127.0.0.1'

/**
 * All clients on this machine have the same address, so a limit for one client would limit all
 * together.
 */
const localLimits = {
  CONNECTS_PER_SECOND: '1000',
  CONNECT_BURST: '5000',
  HANDSHAKES_PER_SECOND: '1000',
  WAITING_PER_ADDRESS: '2000',
  REQUESTS_PER_SECOND: '1000',
  REQUEST_BURST: '10000',
}

/** Returns the processes to run. Each has ports that it keeps when it is restarted. */
export async function planServices({ config, secrets }: Run, stores: Stores): Promise<ServiceProcess[]> {
  const podNames = Array.from({ length: config.chatPods }, (_, index) => `chat-${index}`)
  const ports = (await freePorts(2 * (2 + podNames.length))).values()
  const next = () => ports.next().value ?? 0
  const authPort = next()
  const plan = (
    name: string,
    service: ServiceName,
    own: Record<string, string>,
    port = next(),
    adminPort = next(),
  ): ServiceProcess => ({
    name,
    service,
    port,
    adminPort,
    file: join(servicesFolder, service, 'src', 'main.ts'),
    env: {
      NODE_ENV: 'production',
      HOST: host,
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      LOG_LEVEL: config.logLevel,
      REDIS_URL: stores.redisUrl,
      AUTH_ISSUER: 'fastchat',
      ...own,
    },
  })
  // Services trust the front door and the proxies before it.
  const TRUST_PROXY = [host, ...config.trustProxy].join(',')
  const verify = { AUTH_JWKS_URL: `http://${host}:${authPort}/.well-known/jwks.json` }
  return [
    plan(
      'auth',
      'auth',
      {
        DATABASE_URL: stores.databaseUrl,
        AUTH_SIGNING_KEYS_FILE: secrets.signingKeys,
        REFRESH_KEY_FILE: secrets.refreshKey,
        KDF_PEPPER_FILE: secrets.kdfPepper,
        POD_HMAC_KEY_FILE: secrets.podHmacKey,
        TRUST_PROXY,
        ...verify,
      },
      authPort,
    ),
    plan('balancer', 'balancer', { POD_HMAC_KEY_FILE: secrets.podHmacKey, ...verify }),
    ...podNames.map((name) =>
      plan(name, 'chat', {
        DATABASE_URL: stores.databaseUrl,
        POD_NAME: name,
        POD_HMAC_KEY_FILE: secrets.podHmacKey,
        PUSH_KEY_FILE: secrets.pushKey,
        TRUST_PROXY,
        ...localLimits,
        ...verify,
      }),
    ),
  ]
}

/** Returns free ports. The kernel may offer a port again that was just released, hence the set. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}
