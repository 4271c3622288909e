import type { Notices } from './app-store.ts'
import type { Browser } from './browser.ts'
import { CallError } from './engine-link.ts'
import type { Tab } from './tab.ts'

/** Choices of the person, kept in this browser. */
const choices = { isOff: 'notices-off', hasContent: 'notices-content', isDeclined: 'notices-declined' } as const
/** Answers of a server that sends no pushes, or not to this push service. Nothing is wrong then. */
const withoutPush: readonly string[] = ['push_off', 'push_refused', 'unreachable', 'not_found']

/** Turns notices about new messages on and off. */
export class NoticeActions {
  readonly #tab: Tab
  readonly #browser: Browser

  constructor(tab: Tab, browser: Browser) {
    this.#tab = tab
    this.#browser = browser
    this.#show(false)
  }

  /** Asks the browser for permission, and lets the server wake it. */
  async turnOn(): Promise<void> {
    const permission = await this.#browser.askPermission()
    this.#browser.choose(choices.isOff, permission !== 'granted')
    this.#show(false)
    await this.keepPush()
  }

  async turnOff(): Promise<void> {
    this.#browser.choose(choices.isOff, true)
    this.#show(false)
    await this.#tab.told(async () => {
      await (await this.#browser.findPush())?.end()
      await this.#tab.call('deletePush', {})
    })
  }

  /** The person does not want to be asked again. */
  decline(): void {
    this.#browser.choose(choices.isDeclined, true)
    this.#show(this.#notices.isPushed)
  }

  showContent(hasContent: boolean): void {
    this.#browser.choose(choices.hasContent, hasContent)
    this.#show(this.#notices.isPushed)
  }

  /** Gives the server the endpoint of this browser, which the browser may replace at any time. */
  async keepPush(): Promise<void> {
    const { permission, isOn } = this.#notices
    if (permission !== 'granted' || !isOn) return
    try {
      const { publicKey, endpoint } = await this.#tab.call('pushState', {})
      const push = publicKey === undefined ? undefined : await this.#browser.openPush(publicKey)
      if (push && push.endpoint !== endpoint) await this.#tab.call('putPush', { endpoint: push.endpoint })
      this.#show(push !== undefined)
    } catch (error) {
      this.#show(false)
      if (!(error instanceof CallError && withoutPush.includes(error.code))) this.#tab.tell(error)
    }
  }

  get #notices(): Notices {
    return (
      this.#tab.state.notices ?? {
        permission: 'unsupported',
        isOn: false,
        hasContent: false,
        isPushed: false,
        isDeclined: false,
      }
    )
  }

  #show(isPushed: boolean): void {
    const permission = this.#browser.permission()
    this.#tab.set({
      notices: {
        permission,
        isOn: permission === 'granted' && !this.#browser.choice(choices.isOff),
        hasContent: this.#browser.choice(choices.hasContent),
        isDeclined: this.#browser.choice(choices.isDeclined),
        isPushed,
      },
    })
  }
}
