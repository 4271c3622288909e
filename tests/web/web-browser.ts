import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumProgram } from '@fastchat/testkit'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { password } from '../support/person.ts'

/** A person with a new browser, which shares nothing with others. */
export class WebPerson {
  readonly name: string
  readonly context: BrowserContext
  /** Errors on the console, uncaught errors, and refusals by the content security policy. */
  readonly errors: string[]
  page: Page

  constructor(name: string, context: BrowserContext, page: Page, errors: string[]) {
    this.name = name
    this.context = context
    this.page = page
    this.errors = errors
  }

  async signUp(): Promise<void> {
    const { page } = this
    await page.getByLabel('Name').fill(this.name)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('button', { name: 'I have kept it' }).click()
  }

  async logIn(): Promise<void> {
    const { page } = this
    await page.getByRole('button', { name: 'I have an account' }).click()
    await page.getByLabel('Name').fill(this.name)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('navigation', { name: 'Chats' }).waitFor()
  }

  /** Begins a direct chat with somebody, and shows it. */
  async openDirect(name: string): Promise<void> {
    const { page } = this
    await page.getByRole('button', { name: 'New chat' }).click()
    await page.getByLabel('Find people by name').fill(name)
    await page.getByRole('list', { name: 'People' }).getByRole('button', { name }).click()
    await page.getByRole('heading', { name, level: 2 }).waitFor()
  }

  async openChat(name: string): Promise<void> {
    const lists = this.page.getByRole('navigation').getByRole('list', { name: /^(Requests|Your chats)$/ })
    await lists.getByRole('button', { name }).click()
    await this.page.getByRole('heading', { name, level: 2 }).waitFor()
  }

  async write(text: string): Promise<void> {
    const box = this.page.getByLabel('Write a message')
    await box.fill(text)
    await box.press('Enter')
  }

  /** Returns the texts on the screen, oldest first. */
  async texts(): Promise<string[]> {
    return await this.page
      .locator('article')
      .evaluateAll((lines) => lines.map((line) => line.querySelector('[dir] > span[class*=text]')?.textContent ?? ''))
  }

  /** Opens another tab of the same browser. */
  async newTab(url: string): Promise<Page> {
    const page = await this.context.newPage()
    watch(page, this.errors)
    await page.goto(url)
    return page
  }
}

export type WebBrowser = {
  open(name: string, url: string): Promise<WebPerson>
  /** Takes pictures of all pages. Returns their folder. */
  photograph(): Promise<string>
  close(): Promise<void>
}

/** Starts a Chromium of this machine. */
export async function startWebBrowser(): Promise<WebBrowser> {
  const executablePath = await chromiumProgram(console.log)
  // Chromium's sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = await chromium.launch({ executablePath, args, headless: true })
  return {
    async open(name, url) {
      const context = await browser.newContext({ locale: 'en-GB' })
      const errors: string[] = []
      const page = await context.newPage()
      watch(page, errors)
      await page.goto(url)
      return new WebPerson(name, context, page, errors)
    },
    async photograph() {
      const folder = await mkdtemp(join(tmpdir(), 'fastchat-web-'))
      const pages = browser.contexts().flatMap((context) => context.pages())
      for (const [n, page] of pages.entries()) await page.screenshot({ path: join(folder, `page-${n}.png`) })
      return folder
    },
    close: () => browser.close(),
  }
}

function watch(page: Page, errors: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error)))
}
