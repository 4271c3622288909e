/** What a device keeps. Small enough for SQLite, IndexedDB and memory alike; values are opaque bytes. */
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
] as const
export type Table = (typeof tables)[number]

/** Sets a value, or removes it when `value` is undefined. */
export type Write = { readonly table: Table; readonly key: string; readonly value: Uint8Array | undefined }
export type Row = { readonly key: string; readonly value: Uint8Array }
export type Range = {
  readonly prefix?: string
  /** Exclusive. */
  readonly before?: string
  /** Exclusive. */
  readonly after?: string
  readonly limit?: number
  readonly descending?: boolean
}

/**
 * One writer at a time owns a store; its opener makes sure of that. `write` is atomic and durable: when it resolves, all
 * of the batch survives a crash, and before that none of it is seen. There are no read transactions: the one writer
 * knows what it wrote.
 */
export type Store = {
  get(table: Table, key: string): Promise<Uint8Array | undefined>
  /** Rows by ascending key (UTF-16 order), or descending. */
  list(table: Table, range?: Range): Promise<readonly Row[]>
  write(batch: readonly Write[]): Promise<void>
  close(): Promise<void>
}
