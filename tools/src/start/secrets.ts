import { createECDH, createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { access, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Paths of files that only this account can read. They are made once and kept, so that tokens and
 * logins outlive a restart.
 */
export type Secrets = {
  /** A private JWKS (Ed25519) for access tokens. The first key signs, and all verify. */
  readonly signingKeys: string
  /** The key with which pods authenticate their messages on Redis. */
  readonly podHmacKey: string
  readonly refreshKey: string
  /** The key for the KDF salts of unknown names, so that a name always gets the same salt. */
  readonly kdfPepper: string
  /** The private VAPID key, by which push services know this installation. */
  readonly pushKey: string
  readonly redisPassword: string
}

export async function ensureSecrets(folder: string): Promise<Secrets> {
  const secret = (name: string, make: () => string) => ensureFile(join(folder, name), make)
  const [signingKeys, podHmacKey, refreshKey, kdfPepper, pushKey, redisPasswordFile] = await Promise.all([
    secret('signing-keys.json', newSigningKeys),
    secret('pod-hmac-key', newKey),
    secret('refresh-key', newKey),
    secret('kdf-pepper', newKey),
    secret('push-key', newPushKey),
    secret('redis-password', newKey),
  ])
  const redisPassword = await readFile(redisPasswordFile, 'utf8')
  return { signingKeys, podHmacKey, refreshKey, kdfPepper, pushKey, redisPassword }
}

/**
 * Returns the path of a file, which it makes if it is missing. A rename ensures that a crash leaves
 * no half key.
 */
export async function ensureFile(path: string, make: () => string): Promise<string> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  if (!exists) {
    await writeFile(`${path}.new`, make(), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }
  return path
}

/** Returns 32 random bytes as base64url text. */
export function newKey(): string {
  return randomBytes(32).toString('base64url')
}

/** Returns a new private key of P-256 as base64url text: 32 bytes (VAPID, RFC 8292). */
export function newPushKey(): string {
  const pair = createECDH('prime256v1')
  pair.generateKeys()
  // Leading zeros are not in the bytes that Node returns.
  const key = pair.getPrivateKey()
  return Buffer.concat([Buffer.alloc(32 - key.length), key]).toString('base64url')
}

/** Returns a JWKS with one key, whose id is its RFC 7638 thumbprint. */
export function newSigningKeys(): string {
  const { crv, kty, x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
  return `${JSON.stringify({ keys: [{ kty, crv, x, d, kid, alg: 'EdDSA', use: 'sig' }] }, null, 2)}\n`
}
