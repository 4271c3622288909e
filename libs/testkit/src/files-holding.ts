import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The length of a search piece. A random piece of this length is found by chance once in 10^13
 * megabytes.
 */
const pieceBytes = 8

/**
 * Returns the names of the files in `folder` that hold any 8 aligned bytes of any of `values`, at
 * any position. The values must look random, as ciphertext does. Zeros are not searched for.
 */
export function filesHolding(folder: string, values: readonly Uint8Array[]): string[] {
  const pieces = new Set<bigint>()
  for (const value of values) {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    for (let at = 0; at + pieceBytes <= value.length; at += pieceBytes) pieces.add(view.getBigUint64(at))
  }
  pieces.delete(0n)
  return readdirSync(folder).filter((name) => holdsAny(readFileSync(join(folder, name)), pieces))
}

function holdsAny(bytes: Buffer, pieces: ReadonlySet<bigint>): boolean {
  for (let at = 0; at + pieceBytes <= bytes.length; at++) if (pieces.has(bytes.readBigUInt64BE(at))) return true
  return false
}
