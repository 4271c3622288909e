import { type DeviceId, type MessageId, uuidPattern } from '@fastchat/schema'
import type { OwnRows } from '../own/own-rows.ts'
import { Serial } from '../serial.ts'
import type { Entry } from '../store/records.ts'

/** The ids of one record: about 3.5 of the 4 KiB that the server takes. */
export const maxIdsOfPage = 85
/** The records of a device. The oldest one is written over by the next. */
export const maxPagesOfDevice = 12

type Port = {
  readonly rows: Pick<OwnRows, 'all' | 'set' | 'value' | 'on'>
  readonly deviceId: DeviceId
  /** Erases those of the messages that are on this device. */
  readonly erase: (ids: readonly MessageId[]) => Promise<void>
  readonly failed: (error: Error) => void
}

const prefix = 'hidden/'
const field = 'ids'
type Page = { readonly page: number; readonly ids: readonly MessageId[] }

/**
 * Keeps the messages that this user has deleted for itself, on all devices of the account. Each
 * device writes other records than the others, and reads all, so no two write the same one.
 */
export class HiddenMessages {
  readonly #port: Port
  readonly #serial = new Serial()
  readonly #ids = new Set<MessageId>()
  #isDue = false

  constructor(port: Port) {
    this.#port = port
    port.rows.on('changed', (keys) => {
      const fresh = keys.filter((key) => key.startsWith(prefix)).flatMap((key) => this.#take(key))
      if (fresh.length > 0) this.#erase(() => fresh)
    })
  }

  /** Erases what other devices, or this one before it ended, have hidden. */
  start(): void {
    for (const key of this.#port.rows.all.keys()) if (key.startsWith(prefix)) this.#take(key)
    this.again()
  }

  /** Hides messages on all devices of the account. Resolves when this device has stored that. */
  async add(ids: readonly MessageId[]): Promise<void> {
    const { rows, deviceId } = this.#port
    const fresh = ids.filter((id) => !this.#ids.has(id))
    await this.#serial.run(async () => {
      for (let at = 0; at < fresh.length; ) {
        const last = this.#lastPage()
        const page = last.ids.length < maxIdsOfPage ? last : { page: last.page + 1, ids: [] }
        const part = fresh.slice(at, at + maxIdsOfPage - page.ids.length)
        at += part.length
        const next: Page = { page: page.page, ids: [...page.ids, ...part] }
        await rows.set(`${prefix}${deviceId}/${page.page % maxPagesOfDevice}`, field, next)
      }
    })
  }

  /** Notes an entry. It may be one that another device has hidden before it came here. */
  arrived({ type, id }: Entry): void {
    if (type === 'message' && id !== undefined && this.#ids.has(id)) this.#erase(() => [id])
  }

  /** Looks for all hidden messages again: lines have come from the backup. */
  again(): void {
    if (this.#isDue || this.#ids.size === 0) return
    this.#isDue = true
    this.#erase(() => {
      this.#isDue = false
      return [...this.#ids]
    })
  }

  get isBusy(): boolean {
    return !this.#serial.isIdle
  }

  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  #erase(ids: () => readonly MessageId[]): void {
    this.#serial.run(() => this.#port.erase(ids())).catch(this.#port.failed)
  }

  /** Takes the ids of a record. Returns those that are new. */
  #take(key: string): MessageId[] {
    const fresh = (pageIn(this.#port.rows.value(key, field))?.ids ?? []).filter((id) => !this.#ids.has(id))
    for (const id of fresh) this.#ids.add(id)
    return fresh
  }

  #lastPage(): Page {
    const { rows, deviceId } = this.#port
    const pages = Array.from({ length: maxPagesOfDevice }, (_, n) =>
      pageIn(rows.value(`${prefix}${deviceId}/${n}`, field)),
    )
    return pages.reduce<Page>((last, one) => (one && one.page > last.page ? one : last), pages[0] ?? noPage)
  }
}

const noPage: Page = { page: 0, ids: [] }
const isId = new RegExp(uuidPattern)

/** Reads a page. A value of another form than this version knows counts as none. */
function pageIn(value: unknown): Page | undefined {
  if (typeof value !== 'object' || value === null || !('page' in value) || !('ids' in value)) return undefined
  const { page, ids } = value
  if (!Number.isSafeInteger(page) || !Array.isArray(ids)) return undefined
  // The casts hold: the page is an integer, and each id has the form of one.
  return { page: page as number, ids: ids.filter((id): id is MessageId => typeof id === 'string' && isId.test(id)) }
}
