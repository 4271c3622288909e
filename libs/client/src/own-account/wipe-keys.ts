import { Batch, getRecord, type Identity } from '../store/records.ts'
import { type Store, type Table, tables } from '../store/store.ts'

/** The tables that show the history. Without them a store is empty. */
const history: ReadonlySet<Table> = new Set(['conversations', 'entries', 'messageIds', 'pins'])
const rowsAtOnce = 500

/**
 * Removes every key of a deleted account from a store: the session, the device key, ratchets and
 * key packages. With `keepHistory` the stored messages stay, and can be shown offline.
 */
export async function wipeKeys(store: Store, { keepHistory }: { readonly keepHistory: boolean }): Promise<void> {
  const identity = await getRecord<Identity>(store, 'meta', 'identity')
  for (const table of tables) if (!keepHistory || !history.has(table)) await empty(store, table)
  if (!keepHistory || !identity) return
  const { stateKey: _, kdf: __, ...rest } = identity
  const blank = { ...rest, signaturePrivate: '' } satisfies Identity
  await store.write(new Batch().put('meta', 'identity', blank).writes)
}

async function empty(store: Store, table: Table): Promise<void> {
  for (;;) {
    const rows = await store.list(table, { limit: rowsAtOnce })
    if (rows.length === 0) return
    await store.write(rows.map(({ key }) => ({ table, key, value: undefined })))
  }
}
