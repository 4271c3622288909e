import { createHash } from 'node:crypto'
import { downloadFile } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest'
import { Person, password } from '../support/person.ts'
import { Stack } from '../support/stack.ts'
import { type Browser, startBrowser, type Tab } from './browser.ts'
import { type Bundle, bundlePage } from './bundle-page.ts'
// The module declares the functions that the page offers to the test.
import type {} from './page/tab.ts'

/** The time to start, in which Chromium may have to be installed. */
const setupMs = 8 * 60_000

let stack: Stack
let bundle: Bundle
let browser: Browser
beforeAll(async () => {
  stack = await Stack.start()
  bundle = await bundlePage()
  browser = await startBrowser(bundle.files, [stack.pod(0), stack.pod(1)])
}, setupMs)
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const keepPictures = () => onTestFailed(async () => console.log(`Pictures of the pages: ${await browser.photograph()}`))

/** Resolves when the page shows these texts. The error names what it shows instead. */
async function sees({ page }: Tab, ...texts: string[]): Promise<void> {
  await eventually(async () => {
    const shown = await page.evaluate(() => ({ texts: tab.texts(), troubles: tab.troubles }))
    expect(shown.texts, shown.troubles.join('; ')).toEqual(expect.arrayContaining(texts))
  })
}

const send = ({ page }: Tab, conversation: ConversationId, text: string) =>
  page.evaluate(([to, words]) => tab.send(to, words), [conversation, text] as const)

/**
 * A complaint that is expected. A library of ts-mls imports Node's crypto, and uses it only where
 * there is no WebCrypto, never in a browser.
 */
const isSpareCrypto = /^Module "crypto" has been externalized .* imported by ".*\/@hpke\/common\//

/** Returns true for an error that is expected when a pod of the page dies. */
const isOutage = (error: string) => /^(Failed to load resource|WebSocket connection to)/.test(error)

test('the SDK is bundled for browsers without warnings and without modules of Node', () => {
  console.log(`The SDK in a page: ${Math.ceil(bundle.gzipBytes / 1024)} KiB of JavaScript, minified and gzipped`)
  expect(bundle.warnings.filter((warning) => !isSpareCrypto.test(warning))).toEqual([])
  expect(bundle.scripts.length).toBeGreaterThan(0)
  for (const script of bundle.scripts) expect(/["'`]node:/.test(script)).toBe(false)
})

test('two pages and a program chat, send pictures, and lose nothing when a pod dies', async () => {
  keepPictures()
  const [alice, bob] = await Promise.all([browser.open(stack.url), browser.open(stack.url)])
  const frames = await alice.page.evaluate((secret) => tab.signUp('alice', secret), password)
  expect(frames).toBeGreaterThan(1)
  await bob.page.evaluate((secret) => tab.signUp('bob', secret), password)
  const carol = await Person.signUp(stack.url, 'carol')

  const direct = await alice.page.evaluate(() => tab.openDirect('bob'))
  await send(alice, direct, 'hello bob')
  await sees(bob, 'hello bob')
  await send(bob, direct, 'hello alice')
  await sees(alice, 'hello alice')

  const pictures = [
    await alice.page.evaluate((to) => tab.sendPicture(to), direct),
    await bob.page.evaluate((to) => tab.sendPicture(to), direct),
  ]
  for (const { page } of [alice, bob])
    await eventually(async () => expect(await page.evaluate(() => tab.pictures())).toEqual(pictures))

  const group = await alice.page.evaluate(() => tab.createGroup('Trip', ['bob', 'carol']))
  await eventually(() => expect(carol.client.conversations().map(({ name }) => name)).toEqual(['Trip']))
  await eventually(async () => expect(await bob.page.evaluate(() => tab.names)).toContain('Trip'))
  await Promise.all([send(alice, group, 'from a page'), carol.send(group, 'from a program')])
  await Promise.all([
    carol.sees('from a page'),
    sees(alice, 'from a program'),
    sees(bob, 'from a page', 'from a program'),
  ])
  const picture = await bob.page.evaluate((to) => tab.sendPicture(to), group)
  await eventually(async () => {
    const files = carol.shown.flatMap(({ payload }) => (payload?.kind === 'image' ? [payload.file] : []))
    const bytes = await Promise.all(files.map((file) => downloadFile(carol.client.api, file)))
    expect(bytes.map((each) => createHash('sha256').update(each).digest('hex'))).toEqual([picture])
  })
  expect([alice.errors, bob.errors]).toEqual([[], []])

  // Alice's pod dies while both write. The pages go on by themselves.
  const pod = await alice.page.evaluate(() => tab.pod)
  if (pod === undefined) throw new Error('alice is not connected')
  const queued = Array.from({ length: 10 }, (_, n) => `during the outage ${n}`)
  const writing = Promise.all(queued.map((text, n) => send(n % 2 === 0 ? alice : bob, direct, text)))
  await stack.kill(pod)
  await writing
  await Promise.all([sees(alice, ...queued), sees(bob, ...queued)])
  const [alices, bobs] = await Promise.all([alice, bob].map(({ page }) => page.evaluate((of) => tab.texts(of), direct)))
  expect(alices).toEqual(bobs)
  expect(alices).toHaveLength(2 + queued.length)
  await stack.bringUp(pod)

  expect([...alice.errors, ...bob.errors].filter((error) => !isOutage(error))).toEqual([])
  for (const { page } of [alice, bob]) expect(await page.evaluate(() => tab.undecryptable)).toBe(0)
  expect(carol.client.counters.undecryptable).toBe(0)
  await carol.offline()
})

test('a reloaded page becomes a new device, which reads the later messages', async () => {
  keepPictures()
  const [dora, emil] = await Promise.all([browser.open(stack.url), browser.open(stack.url)])
  await dora.page.evaluate((secret) => tab.signUp('dora', secret), password)
  await emil.page.evaluate((secret) => tab.signUp('emil', secret), password)
  const direct = await dora.page.evaluate(() => tab.openDirect('emil'))
  await send(dora, direct, 'before')
  await sees(emil, 'before')
  const former = await emil.page.evaluate(() => tab.device)
  await emil.page.reload()
  await emil.page.evaluate((secret) => tab.logIn('emil', secret), password)
  expect(await emil.page.evaluate(() => tab.device)).not.toBe(former)
  await send(dora, direct, 'after')
  await sees(emil, 'after')
  await send(emil, direct, 'and back')
  await sees(dora, 'and back')
  expect(await emil.page.evaluate(() => tab.texts())).toEqual(['after', 'and back'])
  for (const { page } of [dora, emil]) expect(await page.evaluate(() => tab.undecryptable)).toBe(0)
  expect([dora.errors, emil.errors]).toEqual([[], []])
})
