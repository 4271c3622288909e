import { createHash, createHmac } from 'node:crypto'

/** A session's present secret. As text: `<family>.<secret>`. */
export type RefreshToken = { readonly family: string; readonly secret: Buffer }

export const secretBytes = 32
const form = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/

export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, family, secret] = form.exec(text) ?? []
  return family === undefined || secret === undefined ? undefined : { family, secret: Buffer.from(secret, 'base64url') }
}

export const formatRefreshToken = ({ family, secret }: RefreshToken): string =>
  `${family}.${secret.toString('base64url')}`

/**
 * The token that follows. Derived, not drawn: so a client whose answer was lost gets the very same successor again, and nothing
 * but hashes need be stored.
 */
export function successor(key: string, { family, secret }: RefreshToken): RefreshToken {
  return { family, secret: createHmac('sha256', key).update(family).update(secret).digest() }
}

/** What the database keeps. The secret has 256 random bits, so one pass of a fast hash is enough. */
export const hashSecret = ({ secret }: RefreshToken): Buffer => createHash('sha256').update(secret).digest()
