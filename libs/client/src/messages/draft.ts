import type { Batch } from '../store/records.ts'
import { getRecord, parseRecord } from '../store/records.ts'
import type { Store, Table } from '../store/store.ts'

/** Reads records as they will be when a batch is stored, and adds to the batch. */
export class Draft {
  readonly batch: Batch
  readonly #store: Pick<Store, 'get'>

  constructor(store: Pick<Store, 'get'>, batch: Batch) {
    this.#store = store
    this.batch = batch
  }

  /** Returns a record after the writes of the batch. The caller names its type. */
  async get<T>(table: Table, key: string): Promise<T | undefined> {
    const written = this.batch.writes.findLast((write) => write.table === table && write.key === key)
    if (!written) return await getRecord<T>(this.#store, table, key)
    return written.value && parseRecord<T>(written.value)
  }
}
