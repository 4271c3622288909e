import type { UserId } from '@fastchat/schema'
import { gcm } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openVault, sealVault, VaultError } from './vault.ts'

// The casts hold: the literals have the form of ids.
const alice = '01900000-0000-7000-8000-000000000001' as UserId
const bob = '01900000-0000-7000-8000-000000000002' as UserId
const vaultKey = Uint8Array.from({ length: 32 }, (_, at) => at)
const accountPrivate = new Uint8Array(32).fill(7)
const contents = { accountPrivate, hasState: true }
const place = { vaultKey, userId: alice, version: 3 }

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('a vault opens with the same key, user and version', async () => {
  await fc.assert(
    fc.asyncProperty(keys, keys, fc.boolean(), fc.nat(), async (key, secret, hasState, version) => {
      const at = { vaultKey: key, userId: alice, version }
      const contents = { accountPrivate: secret, hasState }
      expect(await openVault({ ...at, sealed: await sealVault({ ...at, ...contents }) })).toEqual(contents)
    }),
  )
})

test('a vault does not open with another key, user or version', async () => {
  const sealed = await sealVault({ ...place, ...contents })
  const others = [{ vaultKey: new Uint8Array(32) }, { userId: bob }, { version: 4 }]
  for (const other of others) {
    await expect(openVault({ ...place, ...other, sealed })).rejects.toBeInstanceOf(VaultError)
  }
})

test('a vault with any changed byte does not open', async () => {
  const sealed = await sealVault({ ...place, ...contents })
  const masks = fc.array(fc.integer({ min: 1, max: 255 }), { minLength: sealed.length, maxLength: sealed.length })
  await fc.assert(
    fc.asyncProperty(masks, async (mask) => {
      for (const at of sealed.keys()) {
        const altered = sealed.slice()
        altered[at]! ^= mask[at]!
        await expect(openVault({ ...place, sealed: altered })).rejects.toBeInstanceOf(VaultError)
      }
    }),
    { numRuns: 5 },
  )
})

test('a shortened or extended vault does not open', async () => {
  const sealed = await sealVault({ ...place, ...contents })
  for (const length of sealed.keys()) {
    await expect(openVault({ ...place, sealed: sealed.subarray(0, length) })).rejects.toBeInstanceOf(VaultError)
  }
  await expect(openVault({ ...place, sealed: new Uint8Array([...sealed, 0]) })).rejects.toBeInstanceOf(VaultError)
})

test('the same secret seals to other bytes each time', async () => {
  const vaults = await Promise.all(Array.from({ length: 50 }, () => sealVault({ ...place, ...contents })))
  expect(new Set(vaults.map((sealed) => Buffer.from(sealed.subarray(0, 12)).toString('hex'))).size).toBe(50)
})

// Later versions must open released vaults, so another implementation of AES-GCM checks the form.
test('the form is nonce, ciphertext, tag, with label, user and version as associated data', async () => {
  const nonce = new Uint8Array(12).fill(9)
  const associated = new TextEncoder().encode(`["fastchat/v1/vault","${alice}",3]`)
  const sealed = (plaintext: Uint8Array) =>
    new Uint8Array([...nonce, ...gcm(vaultKey, nonce, associated).encrypt(plaintext)])
  const marked = sealed(new Uint8Array([...accountPrivate, 1]))
  expect(await openVault({ ...place, sealed: sealed(accountPrivate) })).toEqual({ accountPrivate, hasState: false })
  expect(await openVault({ ...place, sealed: marked })).toEqual({ accountPrivate, hasState: true })
  for (const other of [[...accountPrivate, 2], [...accountPrivate, 1, 1], [...accountPrivate.subarray(1)]])
    await expect(openVault({ ...place, sealed: sealed(new Uint8Array(other)) })).rejects.toBeInstanceOf(VaultError)
})

test.each([0, 16, 31, 33])('a key of %i bytes is rejected', async (length) => {
  const wrong = { ...place, vaultKey: new Uint8Array(length) }
  await expect(sealVault({ ...wrong, ...contents })).rejects.toBeInstanceOf(RangeError)
  await expect(openVault({ ...wrong, sealed: new Uint8Array(60) })).rejects.toBeInstanceOf(RangeError)
})
