import type { Store, Table, Write } from './store.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Collects writes for one batch. Values are JSON. */
export class Batch {
  readonly writes: Write[] = []

  put(table: Table, key: string, record: unknown): this {
    this.writes.push({ table, key, value: encoder.encode(JSON.stringify(record)) })
    return this
  }

  putBytes(table: Table, key: string, value: Uint8Array): this {
    this.writes.push({ table, key, value })
    return this
  }

  remove(table: Table, key: string): this {
    this.writes.push({ table, key, value: undefined })
    return this
  }
}

/** Reads a record. The cast holds because only this module's types are written under `table`. */
export async function getRecord<T>(store: Pick<Store, 'get'>, table: Table, key: string): Promise<T | undefined> {
  const value = await store.get(table, key)
  return value && (JSON.parse(decoder.decode(value)) as T)
}

export const parseRecord = <T>(value: Uint8Array): T => JSON.parse(decoder.decode(value)) as T
