import type { Tab } from './tab.ts'

/** Signs people up, in and out. */
export class AccountActions {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  /** @throws {CallError} */
  async signUp(name: string, password: string, invite?: string): Promise<void> {
    const { recoveryKey } = await this.#tab.call('signUp', {
      ...{ name, password },
      ...(invite !== undefined && { invite }),
    })
    this.#tab.set({ recoveryKey })
  }

  /** @throws {CallError} */
  async logIn(name: string, password: string): Promise<void> {
    await this.#tab.call('logIn', { name, password })
  }

  async logOut(): Promise<void> {
    await this.#tab.told(() => this.#tab.call('logOut', {}))
  }

  hideRecoveryKey(): void {
    this.#tab.set({ recoveryKey: undefined })
  }
}
