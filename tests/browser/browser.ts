import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumProgram } from '@fastchat/testkit'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import type { PageFile } from './bundle-page.ts'

/**
 * Returns the content security policy of a strict site: its own scripts, and for the SDK
 * WebAssembly (argon2id) and its sockets.
 */
const policy = (pods: readonly string[]) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    'img-src data:',
    `connect-src 'self' ${pods.join(' ')}`,
  ].join('; ')

export type Browser = {
  /** Opens a page for another user, which shares nothing with other pages. */
  open(url: string): Promise<Tab>
  /** Takes pictures of all pages for the search after a failure. Returns their folder. */
  photograph(): Promise<string>
  close(): Promise<void>
}

export type Tab = {
  readonly page: Page
  /** Errors on the console, uncaught errors, and refusals by the content security policy. */
  readonly errors: string[]
}

/**
 * Starts a Chromium that finds `files` on the origin of every page, and the network behind them.
 */
export async function startBrowser(files: ReadonlyMap<string, PageFile>, pods: readonly string[]): Promise<Browser> {
  const executablePath = await chromiumProgram(console.log)
  const args = [
    // Chromium's sandbox does not work for root.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    // A page that the test provides counts as one of the internet, which may not connect to this
    // machine.
    '--disable-features=LocalNetworkAccessChecks',
  ]
  const browser = await chromium.launch({ executablePath, args, headless: true })
  const headers = { 'content-security-policy': policy(pods) }
  const serve = (context: BrowserContext) =>
    context.route('**/*', async (route) => {
      const { pathname } = new URL(route.request().url())
      const file = files.get(pathname === '/' ? '/index.html' : pathname)
      if (file) await route.fulfill({ contentType: file.type, headers, body: file.body })
      else await route.continue()
    })
  const pages = () => browser.contexts().flatMap((context) => context.pages())
  return {
    async open(url) {
      const context = await browser.newContext()
      await serve(context)
      const page = await context.newPage()
      const errors: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text())
      })
      page.on('pageerror', (error) => errors.push(String(error)))
      await page.goto(url)
      return { page, errors }
    },
    async photograph() {
      const folder = await mkdtemp(join(tmpdir(), 'fastchat-browser-'))
      for (const [n, page] of pages().entries()) await page.screenshot({ path: join(folder, `page-${n}.png`) })
      return folder
    },
    close: () => browser.close(),
  }
}
