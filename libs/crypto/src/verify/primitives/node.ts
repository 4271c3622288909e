import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { toBase64Url } from '@fastchat/schema'
import { LRUCache } from 'lru-cache'

/** Hashes with SHA-256. `portable.ts` has the same functions for every other runtime. */
export function sha256(bytes: Uint8Array): Uint8Array {
  // A string costs a third of a Buffer, whose memory is outside V8.
  const text = hash('sha256', bytes, 'binary')
  const out = new Uint8Array(hashBytes)
  for (let at = 0; at < hashBytes; at++) out[at] = text.charCodeAt(at)
  return out
}

const hashBytes = 32

/** Up to this length a loop is as fast as Buffer.compare. */
const longBytes = 64

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  if (a.length > longBytes) return Buffer.compare(a, b) === 0
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/**
 * Every eighth signature is checked in the thread pool, so that other work gets a turn. A check
 * costs 0.11 ms in this thread and 0.16 ms by the pool.
 */
const leftToPool = 8
let verified = 0

export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  const key = keyOf(publicKey)
  verified = (verified + 1) % leftToPool
  if (verified > 0) return verify(null, message, key, signature)
  return new Promise((resolve, reject) => {
    verify(null, message, key, signature, (error, isGood) => (error ? reject(error) : resolve(isGood)))
  })
}

/** The keys that were used last. To import a key takes a fifth of the time of a verification. */
const keys = new LRUCache<string, KeyObject>({ max: 256 })

function keyOf(publicKey: Uint8Array): KeyObject {
  const x = toBase64Url(publicKey)
  const known = keys.get(x)
  if (known !== undefined) return known
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  keys.set(x, key)
  return key
}
