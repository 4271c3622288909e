import { expect, test } from 'vitest'
import { buildWeb } from './build-web.ts'
import { type PageSizes, sizesOf } from './page-sizes.ts'

const kibibyte = 1024

/** The wanted size of each part, and the one that fails the test, in KiB after gzip. */
const budgets: Readonly<Record<keyof PageSizes, { readonly wanted: number; readonly limit: number }>> = {
  loginCard: { wanted: 60, limit: 60 },
  // The first chat is above what we want (ADR 50). This limit keeps it from growing unseen.
  firstChat: { wanted: 140, limit: 280 },
  passwordWorker: { wanted: 16, limit: 16 },
}

test('the scripts of the page are within their limits', async () => {
  const sizes = Object.entries(sizesOf(await buildWeb())) as [keyof PageSizes, number][] // its own keys
  for (const [part, bytes] of sizes) {
    const { wanted, limit } = budgets[part]
    console.log(`${part}: ${(bytes / kibibyte).toFixed(1)} KiB gzip; wanted ${wanted}, limit ${limit}`)
    expect(bytes, part).toBeGreaterThan(kibibyte)
    expect(bytes / kibibyte, part).toBeLessThanOrEqual(limit)
  }
}, 120_000)
