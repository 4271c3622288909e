import type { Clock } from '@fastchat/clock'
import type { DeviceId, OwnContents } from '@fastchat/schema'
import { Emitter } from '../emitter.ts'
import { ClientError } from '../errors.ts'
import { Serial } from '../serial.ts'
import { Batch, getRecord, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { encodeOwn, fieldOf, isReadableOwn, maxContentsBytes, mergeOwn, noContents, sameOwn } from './own-contents.ts'

/** A record of this device, and the known version of the server's copy. */
export type OwnRow = {
  readonly contents: OwnContents
  /** The version at the server that this device has merged; 0 for none. */
  readonly version: number
  /** The contents say something that the server's copy of that version does not. */
  readonly isNew: boolean
}

/** How far this device has read the account's changes, and the server database they are in. */
export type OwnProgress = { readonly change: number; readonly dbEpoch?: string | undefined }

/** A version of a record as the server shows it. Without contents it did not open. */
export type Arrived = {
  readonly key: string
  readonly version: number
  readonly contents: OwnContents | undefined
}

const progressKey = 'ownProgress'

/** Holds the own records of this device. A change is stored before it can be read. */
export class OwnRows extends Emitter<{ changed: readonly string[] }> {
  readonly #store: Store
  readonly #deviceId: DeviceId
  readonly #clock: Pick<Clock, 'wallMs'>
  readonly #rows: Map<string, OwnRow>
  readonly #serial = new Serial()
  #progress: OwnProgress

  private constructor(port: OwnRowsPort, rows: Map<string, OwnRow>, progress: OwnProgress) {
    super()
    this.#store = port.store
    this.#deviceId = port.deviceId
    this.#clock = port.clock
    this.#rows = rows
    this.#progress = progress
  }

  /** Reads the records in a store. */
  static async open(port: OwnRowsPort): Promise<OwnRows> {
    const rows = (await port.store.list('own')).map(({ key, value }) => [key, parseRecord<OwnRow>(value)] as const)
    const progress = await getRecord<OwnProgress>(port.store, 'meta', progressKey)
    return new OwnRows(port, new Map(rows), progress ?? { change: 0 })
  }

  get progress(): OwnProgress {
    return this.#progress
  }

  get all(): ReadonlyMap<string, OwnRow> {
    return this.#rows
  }

  /** Returns whether the server lacks something that this device knows. */
  get hasNews(): boolean {
    for (const { isNew } of this.#rows.values()) if (isNew) return true
    return false
  }

  get(key: string): OwnContents | undefined {
    return this.#rows.get(key)?.contents
  }

  /** Returns the value of a field. Undefined when it was never written, or was cleared. */
  value(key: string, field: string): unknown {
    const contents = this.get(key)
    return contents && fieldOf(contents, field)?.x
  }

  /**
   * Sets a field, or clears it with `undefined`. It wins over every value that this device knows.
   *
   * @throws {ClientError} `too_large` when the record would not fit at the server
   */
  async set(key: string, field: string, value: unknown): Promise<void> {
    await this.#change(key, (contents) => {
      const known = fieldOf(contents, field)
      if (JSON.stringify(known?.x) === JSON.stringify(value)) return contents
      const n = Math.max(this.#clock.wallMs(), (known?.n ?? 0) + 1)
      const stamped = { n, d: this.#deviceId, ...(value !== undefined && { x: value }) }
      return { ...contents, fields: { ...contents.fields, [field]: stamped } }
    })
  }

  /** Moves the read position of a record forward. A lower one changes nothing. */
  async raise(key: string, read: number): Promise<void> {
    await this.#change(key, (contents) => ((contents.read ?? 0) >= read ? contents : { ...contents, read }))
  }

  async #change(key: string, change: (contents: OwnContents) => OwnContents): Promise<void> {
    await this.#serial.run(async () => {
      const row = this.#rows.get(key) ?? { contents: noContents(key), version: 0, isNew: true }
      const contents = change(row.contents)
      if (contents === row.contents) return
      // All devices would refuse such a record, and with it every later change of it.
      if (!isReadableOwn(contents)) throw new RangeError(`no record may have these contents: ${key}`)
      if (encodeOwn(contents).length > maxContentsBytes) throw new ClientError('too_large')
      await this.#put(new Batch(), [[key, { ...row, contents, isNew: true }]])
    })
  }

  /**
   * Merges versions that the server shows, and notes how far the changes were read. With `isWhole`
   * the server has shown all records: those that are missing there are new again.
   */
  async merge(arrived: readonly Arrived[], progress: OwnProgress, isWhole?: ReadonlySet<string>): Promise<void> {
    await this.#serial.run(async () => {
      const changed: [string, OwnRow][] = arrived.map(({ key, version, contents: theirs }) => {
        const mine = this.#rows.get(key)?.contents ?? noContents(key)
        const contents = theirs ? mergeOwn(mine, theirs) : mine
        return [key, { contents, version, isNew: !theirs || !sameOwn(contents, theirs) }]
      })
      if (isWhole)
        for (const [key, row] of this.#rows)
          if (!isWhole.has(key)) changed.push([key, { ...row, version: 0, isNew: true }])
      await this.#put(new Batch().put('meta', progressKey, progress), changed)
      this.#progress = progress
    })
  }

  /** Notes that the server has stored contents as a version. Later changes stay new. */
  async stored(keys: ReadonlyMap<string, OwnRow>, progress: OwnProgress): Promise<void> {
    await this.#serial.run(async () => {
      const changed = [...keys].map(([key, { contents, version }]): [string, OwnRow] => {
        const now = this.#rows.get(key)?.contents ?? contents
        return [key, { contents: now, version, isNew: !sameOwn(now, contents) }]
      })
      await this.#put(new Batch().put('meta', progressKey, progress), changed)
      this.#progress = progress
    })
  }

  /** Resolves when this object no longer uses the store. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  async #put(batch: Batch, changed: readonly (readonly [string, OwnRow])[]): Promise<void> {
    for (const [key, row] of changed) batch.put('own', key, row)
    await this.#store.write(batch.writes)
    const told = changed.filter(([key, { contents }]) => {
      const known = this.#rows.get(key)?.contents
      return !known || !sameOwn(known, contents)
    })
    for (const [key, row] of changed) this.#rows.set(key, row)
    if (told.length > 0)
      this.emit(
        'changed',
        told.map(([key]) => key),
      )
  }
}

export type OwnRowsPort = {
  readonly store: Store
  readonly deviceId: DeviceId
  readonly clock: Pick<Clock, 'wallMs'>
}
