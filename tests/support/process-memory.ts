import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** The largest piece that is read at once. */
const maxPieceBytes = 16 * 1024 * 1024
/** The overlap of two pieces, since a searched value may lie across their border. */
const overlapBytes = 256

/** Yields the writable memory of a process in pieces: heap, stacks and buffers. Linux only. */
export function* memoryOf(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
      if (from === undefined || to === undefined) continue
      const end = BigInt(`0x${to}`)
      for (let at = BigInt(`0x${from}`); at < end; at += BigInt(maxPieceBytes - overlapBytes)) {
        const left = end - at
        const piece = Buffer.alloc(left < maxPieceBytes ? Number(left) : maxPieceBytes)
        const length = read(memory, piece, at)
        if (length > 0) yield piece.subarray(0, length)
      }
    }
  } finally {
    closeSync(memory)
  }
}

/**
 * Reads a piece of memory. Returns 0 for mapped memory that has no pages, or is no longer mapped.
 */
function read(file: number, piece: Buffer, position: bigint): number {
  try {
    return readSync(file, piece, 0, piece.length, position)
  } catch {
    return 0
  }
}
