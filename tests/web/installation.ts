import { buildWeb } from '@fastchat/web/build'
import { afterAll, beforeAll, onTestFailed } from 'vitest'
import { Stack } from '../support/stack.ts'
import { startWebBrowser, type WebBrowser, type WebPerson } from './web-browser.ts'

/** The time to start, in which Chromium may have to be installed. */
export const setupMs = 8 * 60_000

/** Starts an installation with its page, and a Chromium, for the tests of one file. */
export function useInstallation() {
  let stack: Stack
  let browser: WebBrowser
  beforeAll(async () => {
    stack = await Stack.start({ web: await buildWeb() })
    browser = await startWebBrowser()
  }, setupMs)
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
  })
  return {
    url: (): string => stack.url,
    /** Opens the page in a new browser, for a person of this name. `url` may be that of a proxy. */
    open: (name: string, url: string = stack.url): Promise<WebPerson> => browser.open(name, url),
    /** Keeps pictures of all pages if the test fails. */
    keepPictures: (): void =>
      onTestFailed(async () => console.log(`Pictures of the pages: ${await browser.photograph()}`)),
  }
}
