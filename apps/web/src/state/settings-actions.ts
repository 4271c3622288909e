import type { AnswerOf } from '../engine/call.ts'
import type { OwnAccountCalls } from '../engine/calls/own-account-calls.ts'
import type { SettingsCalls } from '../engine/calls/settings-calls.ts'
import type { TaskKind } from '../engine/settings-state.ts'
import type { SettingsSection } from './app-store.ts'
import type { Tab } from './tab.ts'

type AskedCalls = SettingsCalls & OwnAccountCalls

/** Shows the settings page, and does what is asked for there. */
export class SettingsActions {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  /** Shows a section of the settings page, or hides the page. */
  show(settings: SettingsSection | undefined): void {
    this.#tab.set({ settings })
  }

  /** Asks the engine. A form shows the failure beside its button. @throws {CallError} */
  ask<Name extends keyof AskedCalls>(name: Name, input: AskedCalls[Name]['input']): AnswerOf<AskedCalls[Name]> {
    return this.#tab.call(name, input) as AnswerOf<AskedCalls[Name]>
  }

  /** Asks the engine, and tells a failure above the chats. */
  async do<Name extends keyof AskedCalls>(name: Name, input: AskedCalls[Name]['input']): Promise<void> {
    await this.#tab.told(() => this.#tab.call(name, input))
  }

  cancel(kind: TaskKind): void {
    void this.do('cancelTask', { kind })
  }

  /** Deletes the account. The sign-in card tells the outcome. @throws {CallError} */
  async deleteAccount(password: string, farewell: (stuck: number) => string): Promise<void> {
    const stuck = await this.#tab.call('deleteAccount', { password })
    this.#tab.set({ farewell: farewell(stuck), settings: undefined })
  }

  /** Shows the notice that this device has ended in one line, or in full. */
  shortenEnd(isShort: boolean): void {
    this.#tab.set({ isEndHidden: isShort ? true : undefined })
  }
}
