import type { Table } from '../store/store.ts'

/** Tables whose replaced values must not stay on the disk: they hold secrets that open messages. */
export const erasableTables: ReadonlySet<Table> = new Set(['groups', 'keyPackages', 'intents'])

/** The size of a page of the store. `leadBytes` depends on it. */
export const pageBytes = 4096
/**
 * The most bytes of a row that SQLite keeps inside a page of a tree. The rest lies in overflow
 * pages (https://sqlite.org/fileformat2.html, section 1.6: X = (U-12)*64/255-23).
 */
export const leadBytes = Math.floor(((pageBytes - 12) * 64) / 255) - 23

/**
 * Returns the bytes that the store writes for `sealed`. `secure_delete` zeroes deleted rows and
 * freed pages. It does not zero the copies that stay behind when SQLite moves rows between pages of
 * a tree to balance it. In erasable tables zeros come first, so that all of `sealed` lies in
 * overflow pages. SQLite never moves these, and zeroes them when they are freed.
 */
export function toStored(table: Table, sealed: Uint8Array): Uint8Array {
  if (!erasableTables.has(table)) return sealed
  const stored = new Uint8Array(leadBytes + sealed.length)
  stored.set(sealed, leadBytes)
  return stored
}

/** Returns the bytes that were given to `toStored`. */
export function fromStored(table: Table, stored: Uint8Array): Uint8Array {
  return erasableTables.has(table) ? stored.subarray(leadBytes) : stored
}
