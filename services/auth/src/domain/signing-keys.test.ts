import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseSigningKeys } from './signing-keys.ts'

const ed25519 = (kid?: string) => ({
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  ...(kid !== undefined && { kid }),
})

test('the first key signs, and all are published without their private parts', async () => {
  const { current, published } = await parseSigningKeys(
    JSON.stringify({ keys: [ed25519('new'), ed25519('old'), ed25519()] }),
  )
  expect(current.kid).toBe('new')
  expect(published.keys.map(({ kid }) => kid)).toEqual(['new', 'old', expect.stringMatching(/^[\w-]{43}$/)])
  for (const key of published.keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
})

test.each<[string, unknown]>([
  ['no keys', { keys: [] }],
  ['no key set', []],
  ['a public key', { keys: [generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })] }],
  ['an RSA key', { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] }],
  ['an X25519 key', { keys: [generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })] }],
  ['two of a name', { keys: [ed25519('a'), ed25519('a')] }],
])('%s is rejected', async (_, jwks) => {
  await expect(parseSigningKeys(JSON.stringify(jwks))).rejects.toThrow(TypeError)
})

test('malformed JSON is rejected without quoting it', async () => {
  await expect(parseSigningKeys('secret key')).rejects.toThrow(/^the signing keys are not a JWKS$/)
})
