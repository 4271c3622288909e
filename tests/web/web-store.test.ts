import { join } from 'node:path'
import { chromiumProgram } from '@fastchat/testkit'
import fc from 'fast-check'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundlePage } from '../browser/bundle-page.ts'
// The module declares the functions that the page offers to the test.
import type {} from './store-page/store-page.ts'

const setupMs = 8 * 60_000
let browser: Browser
let files: Awaited<ReturnType<typeof bundlePage>>['files']
beforeAll(async () => {
  const executablePath = await chromiumProgram(console.log)
  files = (await bundlePage(join(import.meta.dirname, 'store-page'))).files
  browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}, setupMs)
afterAll(async () => {
  await browser?.close()
})

/** Opens a new browser, whose pages find the page of the store at a secure origin. */
async function newBrowser(): Promise<BrowserContext> {
  const context = await browser.newContext()
  await context.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url())
    const file = files.get(pathname === '/' ? '/index.html' : pathname)
    await (file ? route.fulfill({ contentType: file.type, body: file.body }) : route.abort())
  })
  return context
}

async function newPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  await page.goto('https://store.test/')
  return page
}

test('the store of a browser lists any range as a sorted list would', async () => {
  const page = await newPage(await newBrowser())
  await page.evaluate(() => storePage.open())
  const all = ['a', 'a/1', 'a/2', 'a/3', 'b', 'b/1', 'ab', 'b/2']
  const key = fc.constantFrom(...all)
  const range = fc.record(
    {
      prefix: fc.constantFrom('', 'a', 'a/', 'b', 'c'),
      before: key,
      after: key,
      limit: fc.integer({ min: 1, max: 4 }),
      descending: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key), range, async (keys, asked) => {
      const { prefix = '', before = '\u{10ffff}', after = '', limit = 99, descending = false } = asked
      const rows = await page.evaluate(
        async ([names, kept, wanted]) => {
          await storePage.write(
            names.map((name) => ({ table: 'entries', key: name, text: kept.includes(name) ? name : undefined })),
          )
          return await storePage.list('entries', wanted)
        },
        [all, keys, asked] as const,
      )
      const expected = keys.toSorted().filter((k) => k.startsWith(prefix) && k < before && k > after)
      if (descending) expected.reverse()
      expect(rows).toEqual(expected.slice(0, limit).map((name) => [name, name]))
    }),
    { numRuns: 60 },
  )
})

test('values stay after a reload, are sealed, and cannot be moved to another row', async () => {
  const page = await newPage(await newBrowser())
  await page.evaluate(async () => {
    await storePage.open()
    await storePage.write([
      { table: 'meta', key: 'a', text: 'planted words' },
      { table: 'pins', key: 'a', text: 'others' },
    ])
  })
  await page.reload()
  expect(await page.evaluate(() => storePage.open())).toBe('open')
  expect(await page.evaluate(() => storePage.get('meta', 'a'))).toBe('planted words')
  expect(await page.evaluate(() => storePage.raw())).not.toContain('planted')
  await page.evaluate(() => storePage.move(['meta', 'a'], ['pins', 'a']))
  expect(await page.evaluate(() => storePage.get('pins', 'a'))).toBe('error store_corrupt')
  expect(await page.evaluate(() => storePage.get('meta', 'b'))).toBeUndefined()
})

test('one tab writes at a time; the next has its turn when the first is gone', async () => {
  const context = await newBrowser()
  const [first, second] = [await newPage(context), await newPage(context)]
  expect(await first.evaluate(() => storePage.open())).toBe('open')
  expect(await second.evaluate(() => storePage.open(false))).toBe('store_locked')
  await first.evaluate(() => storePage.write([{ table: 'meta', key: 'a', text: 'of the first' }]))
  const waiting = second.evaluate(() => storePage.open())
  await first.close()
  expect(await waiting).toBe('open')
  expect(await second.evaluate(() => storePage.get('meta', 'a'))).toBe('of the first')
  await second.evaluate(() => storePage.erase())
  expect(await second.evaluate(() => storePage.open())).toBe('open')
  expect(await second.evaluate(() => storePage.get('meta', 'a'))).toBeUndefined()
})
