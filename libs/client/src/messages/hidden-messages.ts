import type { DeviceId, MessageId } from '@fastchat/schema'
import type { OwnRows } from '../own/own-rows.ts'
import { Serial } from '../serial.ts'
import { Batch, type Entry, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { decodePage, encodePage, type HiddenPage, type PageSigner, pageIn } from './hidden-page.ts'

/** The ids of one record: about 3.5 of the 4 KiB that the server takes. */
export const maxIdsOfPage = 85
/** The records of a device. The oldest one is written over by the next. */
export const maxPagesOfDevice = 12

type Port = {
  readonly rows: Pick<OwnRows, 'all' | 'set' | 'value' | 'on'>
  readonly store: Store
  /** The keys of this device. */
  readonly signer: PageSigner
  /** Returns whether a device of the account was revoked, as far as this device knows by now. */
  readonly isRevoked: (deviceId: DeviceId) => Promise<boolean>
  /** Erases those of the messages that are on this device. */
  readonly erase: (ids: readonly MessageId[]) => Promise<void>
  readonly failed: (error: Error) => void
}

const prefix = 'hidden/'
const field = 'ids'
const signedKey = 'hiddenSigned'

/**
 * Keeps the messages that this user has deleted for itself, on all devices of the account. Each
 * device writes other records than the others, and reads all, so no two write the same one. It
 * signs them: a revoked device, which knows the keys of the records, can have nothing erased.
 */
export class HiddenMessages {
  readonly #port: Port
  readonly #serial = new Serial()
  readonly #ids = new Set<MessageId>()
  #isDue = false

  constructor(port: Port) {
    this.#port = port
    port.rows.on('changed', (keys) => {
      const own = keys.filter((key) => key.startsWith(prefix))
      if (own.length > 0) this.#erase(() => this.#takeAll(own))
    })
  }

  /** Erases what other devices, or this one before it ended, have hidden. */
  async start(): Promise<void> {
    await this.#signOld()
    const own = [...this.#port.rows.all.keys()].filter((key) => key.startsWith(prefix))
    if (own.length > 0) this.#erase(() => this.#takeAll(own))
  }

  /** Hides messages on all devices of the account. Resolves when this device has stored that. */
  async add(ids: readonly MessageId[]): Promise<void> {
    await this.#serial.run(() => this.#write(ids.filter((id) => !this.#ids.has(id))))
  }

  /**
   * Takes over what a device has hidden that is about to be revoked. Its own records count for
   * nothing from then on.
   */
  async adopt(deviceId: DeviceId): Promise<void> {
    await this.#serial.run(async () => {
      const keys = pagesOf(deviceId).filter((key) => this.#port.rows.value(key, field) !== undefined)
      const pages = await Promise.all(keys.map((key) => this.#read(key)))
      await this.#write(pages.flatMap((page) => page?.ids ?? []))
    })
  }

  /** Notes an entry. It may be one that another device has hidden before it came here. */
  arrived({ type, id }: Entry): void {
    if (type === 'message' && id !== undefined && this.#ids.has(id)) this.#erase(async () => [id])
  }

  /** Looks for all hidden messages again: lines have come from the backup. */
  again(): void {
    if (this.#isDue || this.#ids.size === 0) return
    this.#isDue = true
    this.#erase(() => {
      this.#isDue = false
      return Promise.resolve([...this.#ids])
    })
  }

  get isBusy(): boolean {
    return !this.#serial.isIdle
  }

  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  #erase(ids: () => Promise<readonly MessageId[]>): void {
    const erase = async () => {
      const some = await ids()
      if (some.length > 0) await this.#port.erase(some)
    }
    this.#serial.run(erase).catch(this.#port.failed)
  }

  async #write(ids: readonly MessageId[]): Promise<void> {
    const { rows, signer } = this.#port
    for (let at = 0; at < ids.length; ) {
      const last = await this.#lastPage()
      const page = last.ids.length < maxIdsOfPage ? last : { page: last.page + 1, ids: [] }
      const part = ids.slice(at, at + maxIdsOfPage - page.ids.length)
      at += part.length
      const next: HiddenPage = { page: page.page, ids: [...page.ids, ...part] }
      await rows.set(keyOf(signer.deviceId, page.page), field, encodePage(signer, next))
    }
  }

  /** Takes the ids of records. Returns those that are new. */
  async #takeAll(keys: readonly string[]): Promise<MessageId[]> {
    const fresh: MessageId[] = []
    for (const key of keys)
      for (const id of (await this.#read(key))?.ids ?? [])
        if (!this.#ids.has(id)) {
          this.#ids.add(id)
          fresh.push(id)
        }
    return fresh
  }

  /** Reads a record that this device, or another one that is not revoked, has written. */
  async #read(key: string): Promise<HiddenPage | undefined> {
    const { rows, signer, isRevoked } = this.#port
    const value = rows.value(key, field)
    const deviceId = key.split('/')[1] as DeviceId // it must have signed the record
    const page = await decodePage(signer, deviceId, value)
    const isInPlace = page !== undefined && key === keyOf(deviceId, page.page)
    return isInPlace && !(await isRevoked(deviceId)) ? page : undefined
  }

  /**
   * Signs the records that this device wrote before there were signatures. Only once: later, an
   * unsigned record is of somebody else.
   */
  async #signOld(): Promise<void> {
    const { rows, signer, store } = this.#port
    if (await getRecord<true>(store, 'meta', signedKey)) return
    for (const key of pagesOf(signer.deviceId)) {
      const page = pageIn(rows.value(key, field))
      if (page && key === keyOf(signer.deviceId, page.page)) await rows.set(key, field, encodePage(signer, page))
    }
    await store.write(new Batch().put('meta', signedKey, true).writes)
  }

  async #lastPage(): Promise<HiddenPage> {
    const { rows, signer } = this.#port
    const pages = await Promise.all(
      pagesOf(signer.deviceId).map((key) => decodePage(signer, signer.deviceId, rows.value(key, field))),
    )
    return pages.reduce<HiddenPage>((last, one) => (one && one.page > last.page ? one : last), pages[0] ?? noPage)
  }
}

const noPage: HiddenPage = { page: 0, ids: [] }
const keyOf = (deviceId: DeviceId, page: number): string => `${prefix}${deviceId}/${page % maxPagesOfDevice}`
const pagesOf = (deviceId: DeviceId): string[] =>
  Array.from({ length: maxPagesOfDevice }, (_, page) => keyOf(deviceId, page))
