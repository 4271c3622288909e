import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { chromiumProgram, freePort } from '@fastchat/testkit'
import { type Browser, chromium, type Page } from 'playwright-core'
import { screens } from './screens.ts'

const usage = `npm run screenshots [-- NAME…]

Starts the demo in an empty folder, and writes pictures of the page to docs/images. Without NAME, of all screens.

  --help`

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'docs', 'images')
const desk = { width: 1100, height: 720 }
const phone = { width: 390, height: 780 }
const jpegQuality = 80

const names = process.argv.slice(2)
if (names.includes('--help')) console.log(usage)
else await run()

async function run(): Promise<void> {
  const unknown = names.find((name) => !screens.some((screen) => screen.name === name))
  if (unknown !== undefined)
    throw new Error(`There is no screen ${unknown}: ${screens.map(({ name }) => name).join(' ')}`)
  const dataDir = await mkdtemp(join(tmpdir(), 'fastchat-screenshots-'))
  const port = String(await freePort())
  const server = spawn(process.execPath, [join(root, 'tools/bootstrap.mjs'), 'start', '--demo'], {
    cwd: root,
    env: { ...process.env, PORT: port, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let browser: Browser | undefined
  try {
    await untilSaid(server, 'log in as ann')
    browser = await chromium.launch({
      executablePath: await chromiumProgram(console.log),
      // Chromium's sandbox does not work for root.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
    await mkdir(folder, { recursive: true })
    await takeAll(port, await (await browser.newContext({ locale: 'en-GB', viewport: desk })).newPage())
  } finally {
    await browser?.close()
    server.kill('SIGINT')
    await once(server, 'exit')
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function takeAll(port: string, page: Page): Promise<void> {
  await page.goto(`http://localhost:${port}`)
  await page.getByRole('button', { name: 'I have an account' }).click()
  await page.getByLabel('Name').fill('ann')
  await page.getByLabel('Password').fill('try-fastchat')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('list', { name: 'Your chats' }).getByRole('button', { name: 'Trip to Rome' }).waitFor()
  await page.getByRole('button', { name: 'Not now' }).click()
  for (const { name, isPhone, isDark, show } of screens) {
    if (names.length > 0 && !names.includes(name)) continue
    await page.setViewportSize(isPhone ? phone : desk)
    await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light', reducedMotion: 'reduce' })
    await page.reload()
    await page.getByRole('list', { name: 'Your chats' }).waitFor()
    await show(page)
    await page.mouse.move(0, 0)
    await page.screenshot({ path: join(folder, `${name}.jpg`), type: 'jpeg', quality: jpegQuality })
    console.log(`docs/images/${name}.jpg`)
  }
}

/** Resolves when a process has printed a text. */
async function untilSaid({ stdout }: ChildProcess, text: string): Promise<void> {
  if (!stdout) throw new Error('the server has no output')
  for await (const line of createInterface({ input: stdout })) {
    console.log(line)
    if (line.includes(text)) {
      // Later lines go nowhere; an unread pipe would stop the server.
      stdout.resume()
      return
    }
  }
  throw new Error('the demo did not start')
}
