import { createHmac } from 'node:crypto'
import type { Kdf } from '@fastchat/schema'
import { toBase64Url } from '@fastchat/service'

const saltBytes = 16

/**
 * Returns the parameters for an account that has none, and for an unknown name. A name always gets
 * the same ones. Without `pepper`, nobody can tell them from real ones.
 */
export function defaultKdf(pepper: string, username: string): Kdf {
  const salt = toBase64Url(createHmac('sha256', pepper).update(username).digest().subarray(0, saltBytes))
  return { algorithm: 'argon2id', salt, memoryKiB: 64 * 1024, iterations: 3, parallelism: 1 }
}
