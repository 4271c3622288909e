import { authOperations, type DeviceId, fromBase64Url } from '@fastchat/schema'
import type { Api } from '../net/api.ts'
import { Batch, getRecord, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { Trouble } from '../trouble.ts'
import { sealLabel } from './device-label.ts'
import { readDevice, type SignedDevice } from './own-device.ts'

type Parts = {
  readonly identity: Identity
  readonly store: Store
  readonly api: Pick<Api, 'call'>
  readonly onTrouble: (error: Error) => void
}

/** Devices of a list that are read: more than an account may have. */
const maxListed = 100
/** False devices that one process tells. A server that lies could name any number. */
const maxTold = 20

/** The devices that the server lists and the account key has signed, with their sealed names. */
export class ListedDevices {
  readonly #parts: Parts
  #name: string
  readonly #told = new Set<DeviceId>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#name = parts.identity.deviceName
  }

  /** The name of this device. */
  get thisName(): string {
    return this.#name
  }

  /** Asks the server for the list. Leaves out devices that are not signed, and reports them. */
  async fetch(): Promise<readonly SignedDevice[]> {
    const { api, identity } = this.#parts
    const { devices } = await api.call(authOperations.listDevices, {})
    const read = await Promise.all(devices.slice(0, maxListed).map((device) => readDevice(identity, device)))
    for (const [at, device] of devices.slice(0, maxListed).entries())
      if (!read[at]) this.tellOnce(device.deviceId, 'unsigned_device')
    const signed = read.flatMap((device) => device ?? [])
    const own = signed.find(({ isThis }) => isThis)
    const isSealed = devices.some(({ deviceId, label }) => deviceId === own?.deviceId && label !== undefined)
    if (own) await this.#follow(own, isSealed)
    return signed
  }

  /** Stores the name of a device at the server, sealed for the devices of the account. */
  async name(deviceId: DeviceId, name: string, kind: string | undefined): Promise<void> {
    const { api, identity } = this.#parts
    const { userId, stateKey } = identity
    const context = stateKey !== undefined && { stateKey: fromBase64Url(stateKey), userId, deviceId }
    const label = context && (await sealLabel(context, { name, ...(kind !== undefined && { kind }) }))
    const body = { name, ...(label && { label }) }
    await api.call(authOperations.nameDevice, { params: { deviceId }, body })
  }

  /** Stores a new name of this device. */
  async renamed(name: string): Promise<void> {
    const { store } = this.#parts
    const identity = await getRecord<Identity>(store, 'meta', 'identity')
    await store.write(new Batch().put('meta', 'identity', { ...identity, deviceName: name }).writes)
    this.#name = name
  }

  /** Reports that the server has listed a false device, once per process and device. */
  tellOnce(deviceId: DeviceId, code: 'unsigned_device' | 'revoked_device_back'): void {
    if (this.#told.has(deviceId) || this.#told.size >= maxTold) return
    this.#told.add(deviceId)
    this.#parts.onTrouble(new Trouble({ code }, {}))
  }

  /** Takes the name that another device gave this one, or seals its name for the first time. */
  async #follow({ deviceId, name, saidBy }: SignedDevice, isSealed: boolean): Promise<void> {
    const { deviceKind: kind, stateKey } = this.#parts.identity
    if (saidBy === 'account' && name !== this.#name) await this.renamed(name)
    // A label that does not open stays: two devices must not replace each other's again and again.
    if (!isSealed && stateKey !== undefined) await this.name(deviceId, this.#name, kind)
  }
}
