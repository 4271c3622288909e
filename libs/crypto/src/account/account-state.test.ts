import type { UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AccountStateError,
  deriveStateKey,
  maxStateBytes,
  openAccountState,
  sealAccountState,
} from './account-state.ts'

// The casts hold: the literals have the form of ids.
const alice = '01900000-0000-7000-8000-000000000001' as UserId
const bob = '01900000-0000-7000-8000-000000000002' as UserId
const stateKey = deriveStateKey(new Uint8Array(32).fill(7))
const place = { stateKey, userId: alice, version: 3 }

test('a sealed state opens with the same key, user and version', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 10_000 }), fc.nat(), async (state, version) => {
      const at = { ...place, version }
      expect(await openAccountState(at, await sealAccountState(at, state))).toEqual(state)
    }),
  )
})

test('a sealed state does not open with another key, user or version, or a changed byte', async () => {
  const sealed = await sealAccountState(place, new Uint8Array(100))
  for (const other of [{ stateKey: deriveStateKey(new Uint8Array(32)) }, { userId: bob }, { version: 4 }])
    await expect(openAccountState({ ...place, ...other }, sealed)).rejects.toBeInstanceOf(AccountStateError)
  await fc.assert(
    fc.asyncProperty(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const altered = sealed.slice()
      altered[at]! ^= mask
      await expect(openAccountState(place, altered)).rejects.toBeInstanceOf(AccountStateError)
    }),
  )
})

test('the length of a sealed state shows its size in steps of 4 096 bytes only', async () => {
  const length = async (bytes: number) => (await sealAccountState(place, new Uint8Array(bytes))).length
  expect(await length(0)).toBe(4096 + 28)
  expect(await length(4092)).toBe(4096 + 28)
  expect(await length(4093)).toBe(2 * 4096 + 28)
})

test('a state of maxStateBytes fits into the limit, and one byte more does not', async () => {
  const limit = 100_000
  const length = async (bytes: number) => (await sealAccountState(place, new Uint8Array(bytes))).length
  expect(await length(maxStateBytes(limit))).toBeLessThanOrEqual(limit)
  expect(await length(maxStateBytes(limit) + 1)).toBeGreaterThan(limit)
})
