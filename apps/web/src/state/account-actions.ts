import type { DeviceId } from '@fastchat/schema'
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
    this.#tab.set({ recoveryKey, farewell: undefined })
  }

  /**
   * Logs in to an account. `ending` is a device that makes room for this one.
   *
   * @throws {CallError}
   */
  async logIn(name: string, password: string, ending?: DeviceId): Promise<void> {
    await this.#tab.call('logIn', { name, password, ...(ending !== undefined && { ending }) })
    this.#tab.set({ farewell: undefined })
  }

  /** Signs this device in again after its session has ended. @throws {CallError} */
  async logInAgain(password: string): Promise<void> {
    await this.#tab.call('logInAgain', { password })
    this.#tab.set({ isEndHidden: undefined })
  }

  async logOut(): Promise<void> {
    await this.#tab.told(() => this.#tab.call('logOut', {}))
    this.#tab.set({ settings: undefined })
  }

  /** Hides the new recovery key, and notes whether the person has kept it. */
  async hideRecoveryKey(is: 'kept' | 'later'): Promise<void> {
    this.#tab.set({ recoveryKey: undefined })
    await this.#tab.told(() => this.#tab.call('noteRecovery', { is }))
  }
}
