import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAccountPush, openPublisher, type PushAccount } from '@fastchat/cluster'
import { openPool, type Pool } from '@fastchat/db'
import { audiences, createLifecycle, createLogger, type Lifecycle, listen, loadConfig } from '@fastchat/service'
import { redisPrefix, type TestDatabase, testDatabase, testRedisUrl } from '@fastchat/testkit'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { buildApp } from '../../src/app.ts'
import { Config } from '../../src/config.ts'
import { type Deps, openDeps } from '../../src/deps.ts'
import type { Session } from '../../src/domain/ports.ts'
import { RawClient, type RawOptions } from './raw-client.ts'

const issuer = 'fastchat'

/** Raised limits, since all test clients share one address and few users stand for many. */
const lifted = {
  SENDS_PER_SECOND: '1000',
  SEND_BURST: '1000',
  USER_SENDS_PER_SECOND: '1000',
  USER_SEND_BURST: '1000',
  CONNECTS_PER_SECOND: '1000',
  CONNECT_BURST: '1000',
  HANDSHAKES_PER_SECOND: '1000',
  WAITING_PER_ADDRESS: '1000',
  SHED_SOCKETS_AT_MS: '60000',
  SHED_SENDS_AT_MS: '60000',
}

export type Pod = {
  readonly name: string
  readonly url: string
  /** The URL for health, metrics and drain. */
  readonly adminUrl: string
  readonly deps: Deps
  stop(): Promise<void>
}

/**
 * The pods of one installation, in this process. They use real PostgreSQL and Redis, and test keys
 * in place of auth's.
 */
export class Pods {
  readonly life: Lifecycle
  readonly pool: Pool
  readonly databaseUrl: string
  readonly #redisUrl: string
  readonly #jwksUrl: string
  readonly #signingKey: CryptoKey
  readonly #prefix = redisPrefix()
  readonly #hmacKey = randomBytes(32).toString('base64url')

  private constructor(
    life: Lifecycle,
    database: TestDatabase,
    redisUrl: string,
    jwksUrl: string,
    signingKey: CryptoKey,
  ) {
    this.life = life
    this.databaseUrl = database.url
    this.#redisUrl = redisUrl
    this.#jwksUrl = jwksUrl
    this.#signingKey = signingKey
    const options = { maxConnections: 4, applicationName: 'test', onIdleError: () => undefined }
    this.pool = life.own(openPool(database.url, options), (it) => it.end())
  }

  static async open({ redisUrl = testRedisUrl() } = {}): Promise<Pods> {
    const life = createLifecycle(createLogger({ service: 'test', level: 'silent' }))
    const database = life.own(await testDatabase(), (it) => it.drop())
    const { privateKey, publicKey } = await generateKeyPair('EdDSA')
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'EdDSA', use: 'sig' }] })
    const auth = createServer((_, res) => res.setHeader('content-type', 'application/json').end(keys))
    life.own(auth, (it) => new Promise((resolve) => it.close(resolve)))
    await new Promise<void>((resolve) => auth.listen(0, '127.0.0.1', resolve))
    const jwksUrl = `http://127.0.0.1:${(auth.address() as AddressInfo).port}/`
    return new Pods(life, database, redisUrl, jwksUrl, privateKey)
  }

  env(name: string): Record<string, string> {
    return {
      DATABASE_URL: this.databaseUrl,
      REDIS_URL: this.#redisUrl,
      AUTH_JWKS_URL: this.#jwksUrl,
      AUTH_ISSUER: issuer,
      POD_NAME: name,
      POD_HMAC_KEY: this.#hmacKey,
      PORT: '0',
      ADMIN_PORT: '0',
    }
  }

  async start(
    name: string,
    env: Record<string, string> = {},
    changes: (deps: Deps) => Partial<Deps> = () => ({}),
  ): Promise<Pod> {
    const log = createLogger({ service: 'chat', pod: name, level: 'silent' })
    const life = createLifecycle(log)
    this.life.own(life, (it) => it.close())
    const config = loadConfig(Config, { ...this.env(name), ...lifted, ...env })
    const opened = await openDeps(config, { log, life, redisPrefix: this.#prefix })
    const deps = { ...opened, ...changes(opened) }
    const server = await buildApp(deps)
    const { port, adminPort } = await listen(server, { host: '127.0.0.1', port: 0, adminPort: 0 })
    const adminUrl = `http://127.0.0.1:${adminPort}`
    return { name, deps, url: `ws://127.0.0.1:${port}/ws`, adminUrl, stop: () => life.close() }
  }

  /** Opens what auth has: a way to tell the devices of a user that their account changed. */
  openAccountPush(): PushAccount {
    const log = createLogger({ service: 'test', level: 'silent' })
    const redis = this.life.own(openPublisher({ random: Math.random, redisUrl: this.#redisUrl, log }), (it) =>
      it.disconnect(),
    )
    const hmacKey = Buffer.from(this.#hmacKey, 'base64url')
    return createAccountPush({ redis, isCluster: false, hmacKey, origin: 'auth', prefix: this.#prefix })
  }

  /** Returns an access token, valid by default. */
  token(
    { userId, deviceId }: Session,
    { seconds = 600, audience = audiences.device as string, sid = 's' } = {},
  ): Promise<string> {
    return new SignJWT({ device: deviceId, sid })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(this.#signingKey)
  }

  /** Connects a device and says hello. */
  async connect(
    pod: Pod,
    session: Session,
    { cursors, ...options }: RawOptions & { cursors?: object } = {},
  ): Promise<RawClient> {
    const client = await new RawClient(pod.url, options).opened()
    const answer = await client.ask({ t: 'hello', token: await this.token(session), ...(cursors && { cursors }) })
    if (answer.t !== 'ready') throw new Error(`refused: ${client.describe()}`)
    return client
  }
}
