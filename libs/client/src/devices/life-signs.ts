import type { Clock } from '@fastchat/clock'
import type { DeviceId } from '@fastchat/schema'
import type { OwnRows } from '../own/own-rows.ts'
import { Serial } from '../serial.ts'
import { Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { OwnDevice } from './own-device.ts'

const dayMs = 24 * 3_600_000
/** A device without a sign of life for this time is quiet. The server's limit is the same. */
export const quietMs = 45 * dayMs
/** A device leaves a sign among the own records this often, also if its person only reads. */
const beatMs = 7 * dayMs
/** Signs that follow each other faster are stored as one. */
const stepMs = 3_600_000

/** A device that was ended because nobody used it. */
export type EndedDevice = Pick<OwnDevice, 'deviceId' | 'number' | 'name' | 'kind'>

/** The last sign of life of a device. */
type Sign = {
  /** When this device noticed it, by its own clock. The server cannot make this time earlier. */
  readonly at: number
  /** The device's last sign among the own records. */
  readonly beat?: number
  /** It was ended here after its quiet time. */
  readonly ended?: EndedDevice
  /** Nobody has looked at its end. */
  readonly isNews?: true
}
type SignsRecord = Readonly<Record<DeviceId, Sign>>

/** Devices that are remembered. An account has 20 at a time. */
const maxSigns = 100
const key = 'lifeSigns'

type Port = {
  readonly store: Store
  readonly rows: Pick<OwnRows, 'all' | 'value' | 'set'>
  readonly clock: Pick<Clock, 'wallMs'>
  readonly deviceId: DeviceId
}

/**
 * Remembers when the account's other devices were last seen alive. Only what devices have signed or
 * sealed is a sign: an entry of a chat, or a record that the account's devices share. A device that
 * is first seen counts as alive then.
 */
export class LifeSigns {
  readonly #port: Port
  readonly #serial = new Serial()
  #record: SignsRecord | undefined

  constructor(port: Port) {
    this.#port = port
  }

  /** Leaves a sign of this device for the others, if its last one is old. */
  async beat(): Promise<void> {
    const { rows, clock, deviceId } = this.#port
    const last = rows.value(rowOf(deviceId), field)
    const now = clock.wallMs()
    if (typeof last !== 'number' || Math.abs(now - last) >= beatMs) await rows.set(rowOf(deviceId), field, now)
  }

  /** Notes that these devices have signed something. */
  async seen(deviceIds: readonly DeviceId[]): Promise<void> {
    await this.#change((record, now) => {
      const due = deviceIds.filter((id) => {
        const sign = record[id]
        return id !== this.#port.deviceId && (!sign || sign.ended || Math.abs(now - sign.at) >= stepMs)
      })
      if (due.length === 0) return record
      return { ...record, ...Object.fromEntries(due.map((id) => [id, alive(record[id], now)])) }
    })
  }

  /** Notes the signs among the own records, and begins to wait for those of new devices. */
  async follow(deviceIds: readonly DeviceId[]): Promise<void> {
    const { rows, deviceId } = this.#port
    await this.#change((record, now) => {
      const changed = deviceIds.flatMap((id) => {
        const beat = rows.value(rowOf(id), field)
        const sign = record[id]
        const isNew = typeof beat === 'number' && beat !== sign?.beat
        if (id === deviceId || (sign && !isNew)) return []
        return [[id, { at: now, ...(typeof beat === 'number' && { beat }) }] as const]
      })
      return changed.length === 0 ? record : bounded({ ...record, ...Object.fromEntries(changed) }, deviceIds)
    })
  }

  /** Returns whether a device has been quiet for `quietMs`, as far as this device can know. */
  async isQuiet(deviceId: DeviceId): Promise<boolean> {
    return await this.#serial.run(async () => {
      const sign = (await this.#load())[deviceId]
      return sign !== undefined && this.#port.clock.wallMs() - sign.at >= quietMs
    })
  }

  /** Notes that a quiet device was ended. Returns false if that was noted before. */
  async ended(device: EndedDevice): Promise<boolean> {
    let isFirst = false
    await this.#change((record) => {
      const sign = record[device.deviceId]
      isFirst = sign !== undefined && !sign.ended
      if (!sign || !isFirst) return record
      return { ...record, [device.deviceId]: { ...sign, ended: device, isNews: true as const } }
    })
    return isFirst
  }

  /** Returns the ended devices at which nobody has looked. */
  async unseen(): Promise<readonly EndedDevice[]> {
    const record = await this.#serial.run(() => this.#load())
    return Object.values(record).flatMap(({ ended, isNews }) => (ended && isNews ? [ended] : []))
  }

  /** Notes that a person has looked at the ended devices, so that they are not told again. */
  async looked(): Promise<void> {
    await this.#change((record) => {
      if (!Object.values(record).some(({ isNews }) => isNews)) return record
      return Object.fromEntries(Object.entries(record).map(([id, { isNews: _, ...sign }]) => [id, sign]))
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  async #change(change: (record: SignsRecord, now: number) => SignsRecord): Promise<void> {
    await this.#serial.run(async () => {
      const before = await this.#load()
      const after = change(before, this.#port.clock.wallMs())
      if (after === before) return
      await this.#port.store.write(new Batch().put('meta', key, after).writes)
      this.#record = after
    })
  }

  async #load(): Promise<SignsRecord> {
    this.#record ??= (await getRecord<SignsRecord>(this.#port.store, 'meta', key)) ?? {}
    return this.#record
  }
}

const field = 'used'
const rowOf = (deviceId: DeviceId): string => `device/${deviceId}`
const alive = ({ beat }: Partial<Sign> = {}, at: number): Sign => ({ at, ...(beat !== undefined && { beat }) })

/** Forgets devices that are not in the present list. */
function bounded(record: SignsRecord, present: readonly DeviceId[]): SignsRecord {
  const all = Object.entries(record)
  return all.length <= maxSigns ? record : Object.fromEntries(all.filter(([id]) => present.includes(id as DeviceId))) // it is a key of the record
}
