import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { fromCheckedBase64Url, toBase64Url } from '@fastchat/service'

/**
 * The current secret of a session, and how often it was replaced. As text:
 * `<family>.<generation>.<secret>.<seal>`.
 */
export type RefreshToken = { readonly family: string; readonly generation: number; readonly secret: Buffer }

export const secretBytes = 32
const sealBytes = 16
const form = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,9})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{22})$/

/** Parses a refresh token. Returns undefined unless it was made with this key. */
export function parseRefreshToken(key: string, text: string): RefreshToken | undefined {
  const [, family = '', generation = '', secret = '', seal = ''] = form.exec(text) ?? []
  if (family === '') return undefined
  const token = { family, generation: Number(generation), secret: fromCheckedBase64Url(secret) }
  return timingSafeEqual(sealOf(key, token), fromCheckedBase64Url(seal)) ? token : undefined
}

export const formatRefreshToken = (key: string, token: RefreshToken): string => {
  const { family, generation, secret } = token
  return `${family}.${generation}.${toBase64Url(secret)}.${toBase64Url(sealOf(key, token))}`
}

/**
 * Returns the token that follows. It is derived from the old one, so a client that lost the answer
 * gets the same token again. The database needs to store only hashes.
 */
export function successor(key: string, { family, generation, secret }: RefreshToken): RefreshToken {
  const next = createHmac('sha256', key).update(family).update(secret).digest()
  return { family, generation: generation + 1, secret: next }
}

/**
 * Returns the hash that the database stores. The secret has 256 random bits, so one pass of a fast
 * hash is enough.
 */
export const hashSecret = ({ secret }: RefreshToken): Buffer => createHash('sha256').update(secret).digest()

/**
 * Returns a MAC that proves we issued the token, even to a restored database that does not know it.
 */
function sealOf(key: string, { family, generation, secret }: RefreshToken): Buffer {
  const mac = createHmac('sha256', key).update(`seal.${family}.${generation}.`).update(secret)
  return mac.digest().subarray(0, sealBytes)
}
