import { describe, expect, test } from 'vitest'
import { deriveSecrets } from './derive-secrets.ts'
import { createSalt, defaultKdf, ExcessiveKdfError, type KdfParams, strongestKdf, WeakKdfError } from './kdf.ts'
import { PasswordTooShortError } from './password-input.ts'

const salt = Uint8Array.from({ length: 16 }, (_, at) => at)
const password = 'correct horse battery staple'
const derive = (change: { password?: string; salt?: Uint8Array; params?: Partial<KdfParams> } = {}) =>
  deriveSecrets({ password, salt, ...change, params: { ...defaultKdf, ...change.params } })

describe('the derived secrets', () => {
  // OpenSSL's argon2id and HKDF computed these values; other clients must compute the same.
  test('agree with another implementation of argon2id and HKDF', async () => {
    const { loginValue, vaultKey } = await derive()
    expect(loginValue).toBe('8HgGrKVWbe8GAL9z52UBjXdTUvAi1afPifaHkizVdXA')
    expect(Buffer.from(vaultKey).toString('base64url')).toBe('2sRUx30tirnxLuLRjAEY0V42M2V4ok3g9LXrf-ff-P8')
  })

  test('depend on password, salt and cost', async () => {
    const secrets = await Promise.all([
      derive(),
      derive({ password: `${password}!` }),
      derive({ salt: createSalt() }),
      derive({ params: { iterations: 4 } }),
      derive({ params: { memoryKiB: 65 * 1024 } }),
    ])
    expect(new Set(secrets.map((each) => each.loginValue)).size).toBe(secrets.length)
    expect(new Set(secrets.map((each) => Buffer.from(each.vaultKey).toString('hex'))).size).toBe(secrets.length)
  })

  test('are the same for letters that a keyboard composes in another way', async () => {
    const composed = await derive({ password: 'caf\u00e9 au lait' })
    expect(await derive({ password: 'cafe\u0301 au lait' })).toEqual(composed)
    expect(await derive({ password: '\uff43\uff41\uff46\u00e9\u3000au lait' })).toEqual(composed)
  })
})

describe('deriveSecrets rejects', () => {
  test.each([
    ['nine letters', 'a'.repeat(9)],
    ['nine letters outside the BMP, which are 18 code units', '😀'.repeat(9)],
    ['ten code points that NFKC composes to nine', `e\u0301${'a'.repeat(8)}`],
    ['a letter with nine marks', `a${'\u0323'.repeat(9)}`],
    ['five flags, which are ten code points', '🇩🇪'.repeat(5)],
    ['nothing', ''],
  ])('a password of %s', async (_, short) => {
    await expect(derive({ password: short })).rejects.toBeInstanceOf(PasswordTooShortError)
  })

  test.each<[string, Partial<KdfParams>]>([
    ['less memory', { memoryKiB: defaultKdf.memoryKiB - 1 }],
    ['fewer passes', { iterations: defaultKdf.iterations - 1 }],
    ['no lanes', { parallelism: 0 }],
    ['a cost that is no number', { iterations: Number.NaN }],
    ['a fraction of a pass', { iterations: 3.5 }],
    // The type forbids it, but a server's JSON may hold it.
    ['another algorithm', { algorithm: 'argon2i' as 'argon2id' }],
  ])('%s than the default', async (_, params) => {
    await expect(derive({ params })).rejects.toBeInstanceOf(WeakKdfError)
  })

  test.each<[string, Partial<KdfParams>]>([
    ['memory', { memoryKiB: strongestKdf.memoryKiB + 1 }],
    ['passes', { iterations: strongestKdf.iterations + 1 }],
    ['lanes', { parallelism: strongestKdf.parallelism + 1 }],
  ])('so many %s that the client would freeze', async (_, params) => {
    await expect(derive({ params })).rejects.toBeInstanceOf(ExcessiveKdfError)
  })

  test.each([0, 8, 15, 17])('a salt of %i bytes', async (length) => {
    await expect(derive({ salt: new Uint8Array(length) })).rejects.toBeInstanceOf(RangeError)
  })
})

test('a lone surrogate is rejected, because UTF-8 would turn all of them into the same password', async () => {
  await expect(derive({ password: `${password}\ud800` })).rejects.toBeInstanceOf(RangeError)
})

test('spaces at the ends are part of a password, and a long password is not truncated', async () => {
  const passwords = [password, `${password} `, ` ${password}`, `${'x'.repeat(5_000)}1`, `${'x'.repeat(5_000)}2`]
  const values = await Promise.all(passwords.map(async (one) => (await derive({ password: one })).loginValue))
  expect(new Set(values).size).toBe(passwords.length)
})

test('ten letters after NFKC are enough', async () => {
  await expect(derive({ password: `a${'\ufb03'.repeat(3)}` })).resolves.toBeDefined()
})

test('every salt differs', () => {
  const salts = Array.from({ length: 100 }, () => Buffer.from(createSalt()).toString('hex'))
  expect(new Set(salts).size).toBe(100)
  expect(salts[0]).toHaveLength(32)
})
