import type { MessageId } from '@fastchat/schema'
import { placeKey } from '../backup/restored-rows.ts'
import type { StoredEntry } from '../store/records.ts'
import { getRecord } from '../store/records.ts'
import type { Store, Table } from '../store/store.ts'

/** An entry and its place in the store: this device has read it, or it came from the backup. */
export type FoundEntry = {
  readonly table: 'entries' | 'restored'
  readonly key: string
  readonly entry: StoredEntry
}

/** Reads records, from the store or from a batch that is about to be stored. */
export type Records = { get<T>(table: Table, key: string): Promise<T | undefined> }

/** Finds the entry of a message in records. */
export async function findIn(records: Records, id: MessageId): Promise<FoundEntry | undefined> {
  for (const table of ['entries', 'restored'] as const) {
    const key =
      table === 'entries'
        ? await records.get<string>('messageIds', id)
        : await records.get<string>('restored', placeKey(id))
    const entry = key === undefined ? undefined : await records.get<StoredEntry>(table, key)
    if (key !== undefined && entry) return { table, key, entry }
  }
  return undefined
}

/** Finds the entry of a message in the store. */
export const findEntry = (store: Pick<Store, 'get'>, id: MessageId): Promise<FoundEntry | undefined> =>
  findIn({ get: <T>(table: Table, key: string) => getRecord<T>(store, table, key) }, id)
