import { createHmac } from 'node:crypto'
import type { Kdf } from '@fastchat/schema'

const saltBytes = 16

/**
 * What an account without parameters of its own, or no account at all, is shown: always the same for a name, and not to be told
 * from real ones without `pepper`.
 */
export function defaultKdf(pepper: string, username: string): Kdf {
  const salt = createHmac('sha256', pepper).update(username).digest().subarray(0, saltBytes).toString('base64url')
  return { algorithm: 'argon2id', salt, memoryKiB: 64 * 1024, iterations: 3, parallelism: 1 }
}
