import type { Own } from '../own/own.ts'
import { Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The signs that a device tells others by itself, and then also sees of them. */
export const privacyNames = ['receipts', 'typing', 'presence'] as const
/** The name of a switch. */
export type PrivacyName = (typeof privacyNames)[number]
/** The switches: `true` tells and shows. */
export type PrivacySettings = Readonly<Record<PrivacyName, boolean>>

/** The settings that the devices of an account share. */
export type SharedSettings = {
  readonly own: {
    readonly settings: Pick<Own['settings'], 'get' | 'set'>
    on(event: 'settings', listener: () => void): unknown
  }
  /** Returns whether this device has read the account's settings once. */
  isKnown(): boolean
}

const allOn: PrivacySettings = { receipts: true, typing: true, presence: true }
const settingOf = (name: PrivacyName): string => `privacy-${name}`
/** A device of a former version kept its switches here. */
const formerKey = 'privacy'

/**
 * Holds the switches for receipts, typing and presence, which the devices of the account share. A
 * switch works both ways: who does not tell does not see either.
 */
export class Privacy {
  readonly #store: Store
  readonly #shared: SharedSettings
  readonly #onChange: (name: PrivacyName, isOn: boolean) => void
  #settings: PrivacySettings = allOn

  constructor(store: Store, shared: SharedSettings, onChange: (name: PrivacyName, isOn: boolean) => void) {
    this.#store = store
    this.#shared = shared
    this.#onChange = onChange
  }

  /**
   * Reads the switches, and follows them. A switch that was off on this device in a former version
   * is off for the account now, unless the account says otherwise.
   *
   * @internal
   */
  async load(): Promise<void> {
    const { own } = this.#shared
    const former = await getRecord<Partial<PrivacySettings>>(this.#store, 'meta', formerKey)
    for (const name of former ? privacyNames : []) {
      const isUnknown = own.settings.get(settingOf(name)) === undefined
      if (former?.[name] === false && isUnknown) await own.settings.set(settingOf(name), false)
    }
    if (former) await this.#store.write(new Batch().remove('meta', formerKey).writes)
    this.#settings = this.#read()
    own.on('settings', () => this.#follow())
  }

  /** Holds all switches. */
  get settings(): PrivacySettings {
    return this.#settings
  }

  /** Returns whether a switch is on. */
  allows(name: PrivacyName): boolean {
    return this.#settings[name]
  }

  /**
   * Returns whether this device may tell something now. A new device tells nothing before it has
   * read the switches of its account.
   */
  mayTell(name: PrivacyName): boolean {
    return this.allows(name) && this.#shared.isKnown()
  }

  /** Turns a switch on all devices of the account. What was told before is not taken back. */
  async set(name: PrivacyName, isOn: boolean): Promise<void> {
    await this.#shared.own.settings.set(settingOf(name), isOn)
    this.#follow()
  }

  #follow(): void {
    const before = this.#settings
    this.#settings = this.#read()
    for (const name of privacyNames)
      if (before[name] !== this.#settings[name]) this.#onChange(name, this.#settings[name])
  }

  /** A value of another form than this version knows counts as off: that tells nothing. */
  #read(): PrivacySettings {
    const isOn = (name: PrivacyName) => [undefined, true].includes(this.#value(name))
    return { receipts: isOn('receipts'), typing: isOn('typing'), presence: isOn('presence') }
  }

  #value(name: PrivacyName): true | false | undefined {
    const value = this.#shared.own.settings.get(settingOf(name))
    return value === undefined || value === true ? value : false
  }
}
