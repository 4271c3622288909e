import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fastchat/clock'
import {
  createAccountKey,
  createDeviceKeys,
  createKeyPackage,
  type DeviceIdentity,
  signCredential,
  signName,
} from '@fastchat/crypto'
import {
  authOperations,
  type DeviceId,
  type ErrorCode,
  errorsOf,
  fromBase64Url,
  type Operation,
  sessionProofText,
  type Tokens,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { createLifecycle, createLogger, loadConfig } from '@fastchat/service'
import { testDatabase } from '@fastchat/testkit'
import type { Static, TSchema } from 'typebox'
import { buildApp } from '../src/app.ts'
import { ConfigSchema } from '../src/config.ts'
import { openDeps } from '../src/deps.ts'

export type Auth = Awaited<ReturnType<typeof startAuth>>

type In<T> = T extends TSchema ? Static<T> : undefined
type Input<Op extends Operation> = {
  readonly body?: In<Op['body']>
  readonly params?: Record<string, string>
  readonly query?: Record<string, string>
  readonly token?: string
  /** The client address that a trusted proxy reports. */
  readonly from?: string
}
type Success<Op extends Operation> = In<Op['response'][keyof Op['response']]>

/** Makes a private JWKS with one new Ed25519 key. */
export function newSigningKey(kid: string) {
  return { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid }
}

/** Starts auth in this process, on a separate database. It keeps every line that auth logs. */
export async function startAuth(env: Record<string, string> = {}) {
  const database = await testDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-auth-'))
  const keyFile = join(folder, 'keys.json')
  await writeFile(keyFile, JSON.stringify({ keys: [newSigningKey('first')] }), { mode: 0o600 })
  const lines: string[] = []
  const log = createLogger({ service: 'auth', level: 'trace', destination: { write: (line) => void lines.push(line) } })
  const life = createLifecycle(log)
  const config = loadConfig(ConfigSchema, {
    DATABASE_URL: database.url,
    AUTH_SIGNING_KEYS_FILE: keyFile,
    REFRESH_KEY: randomBytes(32).toString('hex'),
    KDF_PEPPER: 'pepper of the tests, long enough for them',
    HASH_QUEUE_MS: '30000',
    ...env,
  })
  const deps = await openDeps(config, { log, life, clock: systemClock })
  const { app, metrics } = await buildApp(deps, { log, life })

  async function call<Op extends Operation>(op: Op, { body, params = {}, query, token, from }: Input<Op> = {}) {
    const answer = await app.inject({
      method: op.method,
      url: op.path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? name),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(from !== undefined && { 'x-forwarded-for': from }),
      },
      ...(query && { query }),
      ...(body !== undefined && { payload: body as object }),
    })
    const json: unknown = answer.body === '' ? undefined : answer.json()
    const code = (json as { error?: { code: ErrorCode } } | undefined)?.error?.code
    if (code !== undefined && !errorsOf(op).includes(code)) throw new Error(`${op.path} does not declare ${code}`)
    return { status: answer.statusCode, code, body: json as Success<Op>, raw: answer.body, headers: answer.headers }
  }

  return {
    app,
    call,
    metrics,
    deps,
    config,
    keyFile,
    lines,
    databaseUrl: database.url,
    async stop() {
      await life.close()
      await database.drop()
      await rm(folder, { recursive: true })
    },
  }
}

/** Makes an id of the form UUIDv7, which sorts by time as the ids of clients do. */
export function newId<T>(): T {
  const time = Date.now().toString(16).padStart(12, '0')
  const tail = randomBytes(8).toString('hex')
  // The text has the form of the brand. Only tests make ids this way.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${tail.slice(4)}` as T
}

export type TestDevice = DeviceIdentity & { readonly name: string; readonly tokens: Tokens }

/** Returns the body of a sign-up with valid signatures, except for the fields in `change`. */
export function signupBody(username: string, change: { readonly userId?: UserId; readonly password?: string } = {}) {
  const { accountPrivate, accountKey } = createAccountKey()
  const { userId = newId<UserId>(), password = `pass of ${username}` } = change
  const nameSig = toBase64Url(signName(accountPrivate, { userId, username }))
  return { accountPrivate, body: { username, password, userId, accountKey: toBase64Url(accountKey), nameSig } }
}

/** Signs a user up. The devices sign for themselves as those of real clients do. */
export async function signUp(auth: Auth, username: string, password = `pass of ${username}`) {
  const { accountPrivate, body } = signupBody(username, { password })
  const { userId } = body
  const accountKey = fromBase64Url(body.accountKey)
  const { body: enrolment } = await auth.call(authOperations.signup, { body })

  function newDevice(name = 'laptop', { deviceId = newId<DeviceId>(), keys = createDeviceKeys() } = {}) {
    const credentialSig = signCredential(accountPrivate, { userId, deviceId, signatureKey: keys.signaturePublic })
    const request = {
      deviceId,
      name,
      signatureKey: toBase64Url(keys.signaturePublic),
      credentialSig: toBase64Url(credentialSig),
    }
    return { request, identity: { userId, deviceId, accountKey, credentialSig, ...keys } }
  }

  return {
    username,
    password,
    userId,
    accountPrivate,
    accountKey: body.accountKey,
    nameSig: body.nameSig,
    enrolToken: enrolment.enrolToken,
    newDevice,
    async addDevice(name?: string): Promise<TestDevice> {
      const { request, identity } = newDevice(name)
      const { status, body } = await auth.call(authOperations.registerDevice, {
        body: request,
        token: enrolment.enrolToken,
      })
      if (status !== 201) throw new Error(`device not registered: ${status}`)
      return { ...identity, name: request.name, tokens: body.tokens }
    },
  }
}

/** Signs an enrol token with the key of a device. */
export function proofOf(
  device: Pick<DeviceIdentity, 'signaturePrivate' | 'signaturePublic'>,
  enrolToken: string,
): string {
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: toBase64Url(device.signaturePrivate),
    x: toBase64Url(device.signaturePublic),
  }
  return sign(null, Buffer.from(sessionProofText(enrolToken)), { key: jwk, format: 'jwk' }).toString('base64url')
}

/** Makes new key packages and returns their public parts. */
export async function keyPackagesOf(device: DeviceIdentity, count: number, lastResort = false): Promise<string[]> {
  const made = Array.from({ length: count }, () => createKeyPackage(device, { lastResort, now: Date.now() }))
  return (await Promise.all(made)).map(({ publicBytes }) => toBase64Url(publicBytes))
}
