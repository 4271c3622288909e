import { createHash } from 'node:crypto'
import { fromBase64Url, type UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openRecoveryCopy, sealRecoveryCopy } from './recovery-copy.ts'
import { createRecoveryKey, RecoveryKeyError, recoverySecrets } from './recovery-key.ts'
import { VaultError } from './vault.ts'

const userId = '0195f3a0-7c00-7000-8000-000000000001' as UserId // in the form of an id
const accountPrivate = new Uint8Array(32).fill(3)

test('a recovery key has eight groups of four letters, none of which look alike', () => {
  const keys = Array.from({ length: 50 }, createRecoveryKey)
  for (const key of keys) expect(key).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){7}$/)
  expect(new Set(keys).size).toBe(keys.length)
})

test('case, spaces and look-alikes do not matter', () => {
  const key = createRecoveryKey()
  const secrets = recoverySecrets(key)
  const spoken = key.toLowerCase().replaceAll('-', '  ').replaceAll('0', 'o').replaceAll('1', 'l')
  expect(recoverySecrets(`\n${spoken}\n`)).toEqual(secrets)
})

test('every wrong, missing, added or swapped letter is told', () => {
  fc.assert(
    fc.property(fc.nat(31), fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), (at, letter) => {
      const letters = createRecoveryKey().replaceAll('-', '')
      const wrong = letters.slice(0, at) + letter + letters.slice(at + 1)
      const swapped =
        letters.slice(0, at) +
        letters
          .slice(at, at + 2)
          .split('')
          .reverse()
          .join('') +
        letters.slice(at + 2)
      const others = [wrong, swapped].filter((it) => it !== letters)
      for (const text of [...others, letters.slice(0, at), letters + letter, `${letters}-U`])
        expect(() => recoverySecrets(text)).toThrow(RecoveryKeyError)
    }),
    { numRuns: 50 },
  )
})

test('the server gets a login value and its hash, and neither opens the copy', async () => {
  const { loginValue, verifier, copyKey } = recoverySecrets(createRecoveryKey())
  expect(verifier).toBe(createHash('sha256').update(fromBase64Url(loginValue)).digest('base64url'))
  const sealed = await sealRecoveryCopy({ copyKey, userId, version: 1 }, { accountPrivate, hasState: true })
  expect(await openRecoveryCopy({ copyKey, userId, version: 1 }, sealed)).toEqual({ accountPrivate, hasState: true })
  for (const known of [loginValue, verifier])
    await expect(openRecoveryCopy({ copyKey: fromBase64Url(known), userId, version: 1 }, sealed)).rejects.toThrow(
      VaultError,
    )
})

test('a copy opens for its user, version and key only', async () => {
  const { copyKey } = recoverySecrets(createRecoveryKey())
  const sealed = await sealRecoveryCopy({ copyKey, userId, version: 2 }, { accountPrivate, hasState: false })
  const other = '0195f3a0-7c00-7000-8000-000000000002' as UserId // in the form of an id
  const changed = sealed.slice()
  changed[20] = (changed[20] ?? 0) ^ 1
  for (const [context, bytes] of [
    [{ copyKey, userId, version: 1 }, sealed],
    [{ copyKey, userId: other, version: 2 }, sealed],
    [{ copyKey: recoverySecrets(createRecoveryKey()).copyKey, userId, version: 2 }, sealed],
    [{ copyKey, userId, version: 2 }, changed],
    [{ copyKey, userId, version: 2 }, new Uint8Array()],
  ] as const)
    await expect(openRecoveryCopy(context, bytes)).rejects.toThrow(VaultError)
})
