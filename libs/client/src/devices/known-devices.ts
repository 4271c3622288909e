import type { DeviceId } from '@fastchat/schema'
import { Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** A new device that was not shown yet. A chat alone tells neither its name nor its kind. */
export type SignIn = {
  readonly deviceId: DeviceId
  readonly number: number
  readonly name?: string
  readonly kind?: string
  /** The time of its registration by the server, in ISO 8601. */
  readonly createdAt?: string
}

type Known = {
  readonly number: number
  /** It is new, and was not shown yet. */
  readonly isNew?: true
  /** This device has asked for its revocation. */
  readonly isRevoked?: true
  readonly name?: string
  readonly kind?: string
  readonly createdAt?: string
}

type KnownRecord = { readonly next: number; readonly devices: Readonly<Record<DeviceId, Known>> }

/** The facts that come with a device; a chat shows only its id. */
export type Sight = Pick<SignIn, 'deviceId' | 'name' | 'kind' | 'createdAt'>

/** Devices that are remembered. An account has 20 at a time; the others were revoked. */
const maxKnown = 500
const key = 'ownDevices'

/**
 * Remembers the account's devices that this device has seen. So each new one is told once, also if
 * this device was off, and each has a number that no list of a server can move.
 */
export class KnownDevices {
  readonly #store: Store
  #record: KnownRecord | undefined

  private constructor(store: Store, record: KnownRecord | undefined) {
    this.#store = store
    this.#record = record
  }

  static async load(store: Store): Promise<KnownDevices> {
    return new KnownDevices(store, await getRecord<KnownRecord>(store, 'meta', key))
  }

  get isEmpty(): boolean {
    return this.#record === undefined
  }

  numberOf(deviceId: DeviceId): number | undefined {
    return this.#record?.devices[deviceId]?.number
  }

  /** Returns the new devices that were not shown yet. */
  get unseen(): readonly SignIn[] {
    return Object.entries(this.#record?.devices ?? {})
      .filter(([, { isNew }]) => isNew)
      .map(([deviceId, { isNew: _, ...known }]) => ({ ...known, deviceId: deviceId as DeviceId })) // it is a key of the record
  }

  /**
   * Notes devices, and returns those that are new. The devices of the very first list are not new:
   * this device is younger than they are.
   */
  async see(sights: readonly Sight[]): Promise<readonly SignIn[]> {
    const isFirst = this.#record === undefined
    const { devices, next: first }: KnownRecord = this.#record ?? { next: 1, devices: {} }
    let next = first
    const changed: Record<DeviceId, Known> = { ...devices }
    const fresh: SignIn[] = []
    for (const { deviceId, ...facts } of sights) {
      const known = devices[deviceId]
      if (known === undefined) {
        const made = { number: next++, ...facts }
        changed[deviceId] = isFirst ? { number: made.number } : { ...made, isNew: true }
        if (!isFirst) fresh.push({ deviceId, ...made })
      } else if (known.isNew && known.name !== facts.name && facts.name !== undefined)
        changed[deviceId] = { ...known, ...facts }
      else continue
    }
    await this.#keep({ next, devices: bounded(changed, sights) })
    return fresh
  }

  /** Notes that this device has asked for the revocation of another. */
  async revoked(deviceId: DeviceId): Promise<void> {
    const known = this.#record?.devices[deviceId]
    if (!this.#record || !known) return
    const { isNew: _, ...rest } = known
    await this.#keep({
      ...this.#record,
      devices: { ...this.#record.devices, [deviceId]: { ...rest, isRevoked: true } },
    })
  }

  /** Returns whether this device has asked for the revocation of that one. */
  isRevoked(deviceId: DeviceId): boolean {
    return this.#record?.devices[deviceId]?.isRevoked ?? false
  }

  /** Notes that a person has looked at these devices. */
  async looked(deviceIds: readonly DeviceId[]): Promise<void> {
    if (!this.#record) return
    const devices = Object.entries(this.#record.devices).map(([id, known]) => [
      id,
      known.isNew && deviceIds.includes(id as DeviceId) ? { number: known.number } : known, // as above
    ])
    await this.#keep({ ...this.#record, devices: Object.fromEntries(devices) })
  }

  async #keep(record: KnownRecord): Promise<void> {
    if (JSON.stringify(record) === JSON.stringify(this.#record)) return
    await this.#store.write(new Batch().put('meta', key, record).writes)
    this.#record = record
  }
}

/** Forgets the oldest devices that are not in the present list. */
function bounded(devices: Record<DeviceId, Known>, present: readonly Sight[]): KnownRecord['devices'] {
  const all = Object.entries(devices)
  if (all.length <= maxKnown) return devices
  const isPresent = (id: string) => present.some(({ deviceId }) => deviceId === id)
  const absent = all.filter(([id]) => !isPresent(id)).toSorted(([, a], [, b]) => b.number - a.number)
  const kept = absent.slice(0, Math.max(0, maxKnown - present.length))
  return Object.fromEntries([...kept, ...all.filter(([id]) => isPresent(id))])
}
