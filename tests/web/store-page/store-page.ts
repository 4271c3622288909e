import type { Range, Write } from '@fastchat/client'
import { openWebHome, type WebHome } from '@fastchat/client/web'

export type PlainWrite = { readonly table: Write['table']; readonly key: string; readonly text: string | undefined }

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The functions that the test calls: a store whose values are texts. */
class StorePage {
  #home: WebHome | undefined

  async open(isWaiting = true): Promise<string> {
    try {
      this.#home = await openWebHome('test', { isWaiting })
      return 'open'
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
  }

  async write(writes: readonly PlainWrite[]): Promise<void> {
    await this.#opened.store.write(
      writes.map(({ table, key, text }) => ({
        table,
        key,
        value: text === undefined ? undefined : encoder.encode(text),
      })),
    )
  }

  async get(table: Write['table'], key: string): Promise<string | undefined> {
    try {
      const value = await this.#opened.store.get(table, key)
      return value && decoder.decode(value)
    } catch (error) {
      return `error ${(error as { code?: string }).code}`
    }
  }

  async list(table: Write['table'], range: Range): Promise<[string, string][]> {
    return (await this.#opened.store.list(table, range)).map(({ key, value }) => [key, decoder.decode(value)])
  }

  async close(): Promise<void> {
    await this.#opened.close()
  }

  async erase(): Promise<void> {
    await this.#opened.erase()
  }

  /** Returns all bytes of the database as a text. Another script of this origin can read them. */
  async raw(): Promise<string> {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('test')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const rows = database.transaction('rows').objectStore('rows').getAll()
    await new Promise((resolve) => {
      rows.onsuccess = resolve
    })
    database.close()
    return (rows.result as Uint8Array[]).map((value) => decoder.decode(value)).join('\n')
  }

  /** Moves the bytes of one row to another, as somebody who can write to the disk may. */
  async move(from: [string, string], to: [string, string]): Promise<void> {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('test')
      request.onsuccess = () => resolve(request.result)
    })
    const rows = database.transaction('rows', 'readwrite').objectStore('rows')
    const read = rows.get(from)
    await new Promise<void>((resolve) => {
      read.onsuccess = () => {
        rows.put(read.result, to).onsuccess = () => resolve()
      }
    })
    database.close()
  }

  get #opened(): WebHome {
    if (!this.#home) throw new Error('no home is open')
    return this.#home
  }
}

declare global {
  var storePage: StorePage
}
globalThis.storePage = new StorePage()
