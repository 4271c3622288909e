/**
 * The tables of a device's store. Small enough for SQLite, IndexedDB and memory alike; values are
 * opaque bytes.
 */
export const tables = [
  'meta',
  'pins',
  'keyPackages',
  'conversations',
  'groups',
  'entries',
  'messageIds',
  'outbox',
  'sent',
  'intents',
  'chains',
  'annotations',
  'expiring',
  'own',
  'cards',
  'files',
  'restored',
] as const
/** The name of a table. */
export type Table = (typeof tables)[number]

/** Sets a value, or removes it when `value` is undefined. */
export type Write = { readonly table: Table; readonly key: string; readonly value: Uint8Array | undefined }
/** One value with its key. */
export type Row = { readonly key: string; readonly value: Uint8Array }
/** The rows to list. */
export type Range = {
  readonly prefix?: string
  /** Only keys less than this one. */
  readonly before?: string
  /** Only keys greater than this one. */
  readonly after?: string
  readonly limit?: number
  readonly descending?: boolean
}

/**
 * Stores the tables of a device. One writer at a time owns a store; its opener ensures that.
 * `write` is atomic and durable: when it resolves, the whole batch survives a crash, and before
 * that no part of it can be read. There are no read transactions, because the one writer knows what
 * it wrote.
 */
export type Store = {
  /** Returns a value, or undefined. */
  get(table: Table, key: string): Promise<Uint8Array | undefined>
  /** Returns rows by ascending key (UTF-16 order), or descending. */
  list(table: Table, range?: Range): Promise<readonly Row[]>
  /** Makes all changes of a batch, or none. */
  write(batch: readonly Write[]): Promise<void>
  /** Frees what the store holds. */
  close(): Promise<void>
}
