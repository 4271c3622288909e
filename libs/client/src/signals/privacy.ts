import { Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The signs that a device tells others by itself, and then also sees of them. */
export const privacyNames = ['receipts', 'typing', 'presence'] as const
/** The name of a switch. */
export type PrivacyName = (typeof privacyNames)[number]
/** The switches: `true` tells and shows. */
export type PrivacySettings = Readonly<Record<PrivacyName, boolean>>

const allOn: PrivacySettings = { receipts: true, typing: true, presence: true }

/**
 * Holds the switches for receipts, typing and presence on this device. A switch works both ways: a
 * device that does not tell does not see either.
 */
export class Privacy {
  readonly #store: Store
  readonly #onChange: (name: PrivacyName, isOn: boolean) => void
  #settings: PrivacySettings = allOn

  constructor(store: Store, onChange: (name: PrivacyName, isOn: boolean) => void) {
    this.#store = store
    this.#onChange = onChange
  }

  /** @internal */
  async load(): Promise<void> {
    const stored = await getRecord<Partial<PrivacySettings>>(this.#store, 'meta', 'privacy')
    this.#settings = { ...allOn, ...stored }
  }

  /** Holds all switches. */
  get settings(): PrivacySettings {
    return this.#settings
  }

  /** Returns whether a switch is on. */
  allows(name: PrivacyName): boolean {
    return this.#settings[name]
  }

  /** Turns a switch. What was told before is not taken back. */
  async set(name: PrivacyName, isOn: boolean): Promise<void> {
    const settings = { ...this.#settings, [name]: isOn }
    await this.#store.write(new Batch().put('meta', 'privacy', settings).writes)
    this.#settings = settings
    this.#onChange(name, isOn)
  }
}
