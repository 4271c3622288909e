import type { WallMs } from '@fastchat/clock'
import { authOperations, limits } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { createIdentity } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { Unreachable } from '../errors.ts'
import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { KeyPackages } from './key-packages.ts'

const dayMs = 24 * 3600 * 1000
let nowMs: number
let count: number
let hasLastResort: boolean
let isReachable: boolean
let store: Store
let packages: KeyPackages
/** The number of packages whose private halves were stored when the public ones left. */
let kept: number

beforeEach(() => {
  nowMs = Date.now()
  count = 0
  hasLastResort = false
  isReachable = true
  kept = 0
  store = slow(memoryStore())
  const call = async (operation: unknown, input: { body?: { keyPackages: string[]; lastResort?: string } }) => {
    if (operation === authOperations.countKeyPackages) return { count, lastResort: hasLastResort }
    if (!isReachable) throw new Unreachable('cut off')
    kept = (await store.list('keyPackages')).length
    count += input.body?.keyPackages.length ?? 0
    hasLastResort ||= input.body?.lastResort !== undefined
    return {}
  }
  // The casts hold because a refill uses only these two operations.
  packages = new KeyPackages({ call: call as never }, store, createIdentity(), { wallMs: () => nowMs as WallMs })
})

/** Returns a store with a slow disk. */
function slow(disk: Store): Store {
  const write = async (batch: Parameters<Store['write']>[0]) => {
    await new Promise(setImmediate)
    await disk.write(batch)
  }
  return { ...disk, write }
}

async function use(ref: string): Promise<void> {
  const batch = new Batch()
  await packages.use(ref, batch)
  await store.write(batch.writes)
}

const lastResorts = async () => [...(await packages.all()).values()].filter(({ lastResort }) => lastResort)
const inUse = async () => (await lastResorts()).filter(({ retiredAt }) => retiredAt === undefined)

test('a refill uploads the full number, and again only when few are left', async () => {
  await packages.refill()
  expect(count).toBe(2 * limits.refillKeyPackagesBelow)
  const { size } = await packages.all()
  await packages.refill()
  expect((await packages.all()).size).toBe(size)
  expect(await inUse()).toHaveLength(1)
})

test('a last-resort package stays in use until the server has its successor', async () => {
  await packages.refill()
  const [first] = await inUse()
  nowMs += 46 * dayMs
  isReachable = false
  await expect(packages.refill()).rejects.toThrow('cut off')
  expect(await inUse()).toContainEqual(first)
  isReachable = true
  await packages.refill()
  expect(await inUse()).toHaveLength(1)
  expect(await inUse()).not.toContainEqual(first)
})

test('packages that can open no welcome any more are removed', async () => {
  await packages.refill()
  const { size } = await packages.all()
  nowMs += 121 * dayMs
  await packages.refill()
  nowMs += 31 * dayMs
  await packages.refill()
  expect((await packages.all()).size).toBeLessThanOrEqual(size)
  expect(await lastResorts()).toHaveLength(1)
})

test('public halves leave only after the private ones are stored', async () => {
  await packages.refill()
  // The last-resort one left with the first of the others.
  expect(kept).toBe(count + 1)
})

test('a used package loses its private half at once, and a last-resort one later, after it is replaced', async () => {
  await packages.refill()
  const [[lastResort]] = [...(await packages.all())].filter(([, record]) => record.lastResort) as [[string, unknown]]
  const [[oneTime]] = [...(await packages.all())].filter(([, record]) => !record.lastResort) as [[string, unknown]]
  await use(oneTime)
  expect([...(await packages.all()).keys()]).not.toContain(oneTime)
  await use(lastResort)
  expect((await packages.all()).get(lastResort)).toMatchObject({ retiredAt: nowMs })
  await packages.refill()
  expect(await inUse()).toHaveLength(1)
  expect(await lastResorts()).toHaveLength(2)
  nowMs += 31 * dayMs
  await packages.refill()
  expect([...(await packages.all()).keys()]).not.toContain(lastResort)
})
