import type { Clock } from '@fastchat/clock'
import { createKeyPackage, type DeviceIdentity } from '@fastchat/crypto'
import { authOperations, fromBase64Url, limits, toBase64Url } from '@fastchat/schema'
import type { Api } from '../net/api.ts'
import { Batch, type KeyPackageRecord, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The number of packages in one request. */
const uploadSize = 16
/**
 * The number of packages that a device keeps at the server. As many people may add the device
 * between two connections; after that the last-resort package is used.
 */
const target = 2 * limits.refillKeyPackagesBelow
/** A retired last-resort package still opens welcomes that were on their way. */
const retiredKeepMs = 30 * 24 * 3600 * 1000
/**
 * A package that is still unused after this time has expired (90 days), and so have its welcomes.
 */
const oneTimeKeepMs = 120 * 24 * 3600 * 1000
/** The last-resort package is replaced well before it expires (90 days). */
const lastResortMaxAgeMs = 45 * 24 * 3600 * 1000

/** Keeps the private halves of this device's key packages, and enough public ones at the server. */
export class KeyPackages {
  readonly #api: Pick<Api, 'call'>
  readonly #store: Store
  readonly #identity: DeviceIdentity
  readonly #clock: Pick<Clock, 'wallMs'>
  #refilling: Promise<void> | undefined
  #isRenewing = false

  constructor(api: Pick<Api, 'call'>, store: Store, identity: DeviceIdentity, clock: Pick<Clock, 'wallMs'>) {
    this.#api = api
    this.#store = store
    this.#identity = identity
    this.#clock = clock
  }

  /** Returns all private halves by reference, to open a welcome. */
  async all(): Promise<ReadonlyMap<string, KeyPackageRecord>> {
    const rows = await this.#store.list('keyPackages')
    return new Map(rows.map(({ key, value }) => [key, parseRecord<KeyPackageRecord>(value)]))
  }

  /** Marks a package as used, in the batch that stores the group state that it opened. */
  async use(ref: string, batch: Batch): Promise<void> {
    const used = (await this.all()).get(ref)
    if (!used) return
    if (used.lastResort) batch.put('keyPackages', ref, { ...used, retiredAt: this.#clock.wallMs() })
    else batch.remove('keyPackages', ref)
  }

  /** A refill is under way. */
  get isRefilling(): boolean {
    return this.#refilling !== undefined
  }

  /** Uploads more packages when few are left, and a new last-resort package after a use. */
  refill(): Promise<void> {
    this.#refilling ??= this.#refill().finally(() => {
      this.#refilling = undefined
    })
    return this.#refilling
  }

  /**
   * Uploads a new last-resort package and enough others, after a restore of the server. The server
   * may have gone back to an older last-resort package.
   */
  async renew(): Promise<void> {
    await this.#refilling?.catch(() => {})
    this.#isRenewing = true
    await this.refill()
  }

  async #refill(): Promise<void> {
    const left = await this.#api.call(authOperations.countKeyPackages, {})
    // Opening the sealed records takes longer than everything else here, so it is done once.
    const known = await this.all()
    await this.#forgetExpired(known)
    const inUse = [...known.values()].filter(({ lastResort, retiredAt }) => lastResort && retiredAt === undefined)
    // Several packages in use mean that an upload was interrupted: the server may have any of them.
    const isFresh =
      inUse.length === 1 && inUse.every(({ createdAt }) => this.#clock.wallMs() - createdAt <= lastResortMaxAgeMs)
    let needsLastResort = !left.lastResort || !isFresh || this.#isRenewing
    let missing = left.count < limits.refillKeyPackagesBelow ? target - left.count : 0
    while (missing > 0 || needsLastResort) {
      const size = Math.max(1, Math.min(missing, uploadSize))
      await this.#upload(size, needsLastResort)
      missing -= size
      needsLastResort = false
    }
    this.#isRenewing = false
  }

  /**
   * Uploads key packages. The private halves are stored before the public ones leave. The former
   * last-resort package retires once the server has its successor.
   */
  async #upload(size: number, withLastResort: boolean): Promise<void> {
    const former = withLastResort ? await this.all() : new Map<string, KeyPackageRecord>()
    const batch = new Batch()
    const make = async (lastResort: boolean): Promise<string> => {
      const made = await createKeyPackage(this.#identity, { lastResort, now: this.#clock.wallMs() })
      const record: KeyPackageRecord = {
        privateBytes: toBase64Url(made.privateBytes),
        lastResort,
        createdAt: this.#clock.wallMs(),
      }
      batch.put('keyPackages', made.ref, record)
      return toBase64Url(made.publicBytes)
    }
    const keyPackages: string[] = []
    for (let n = 0; n < size; n++) keyPackages.push(await make(false))
    const body = withLastResort ? { keyPackages, lastResort: await make(true) } : { keyPackages }
    await this.#store.write(batch.writes)
    await this.#api.call(authOperations.uploadKeyPackages, { body })
    await this.#retire(former)
  }

  async #retire(former: ReadonlyMap<string, KeyPackageRecord>): Promise<void> {
    const batch = new Batch()
    for (const [ref, record] of former) {
      if (record.lastResort && record.retiredAt === undefined)
        batch.put('keyPackages', ref, { ...record, retiredAt: this.#clock.wallMs() })
    }
    if (batch.writes.length > 0) await this.#store.write(batch.writes)
  }

  async #forgetExpired(known: ReadonlyMap<string, KeyPackageRecord>): Promise<void> {
    const batch = new Batch()
    for (const [ref, { lastResort, createdAt, retiredAt }] of known) {
      const isOver = retiredAt !== undefined && this.#clock.wallMs() - retiredAt > retiredKeepMs
      if (isOver || (!lastResort && this.#clock.wallMs() - createdAt > oneTimeKeepMs)) batch.remove('keyPackages', ref)
    }
    if (batch.writes.length > 0) await this.#store.write(batch.writes)
  }
}

export const privateHalf = (record: KeyPackageRecord): Uint8Array => fromBase64Url(record.privateBytes)
