import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** A piece that is looked at in one go. */
const maxPieceBytes = 16 * 1024 * 1024
/** What is looked for may lie across two pieces. */
const overlapBytes = 256

/** Everything that a process of ours can write to, a piece at a time: heap, stacks, buffers. Linux only. */
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

/** Some of what is mapped has nothing in it, or is gone by now. */
function read(file: number, piece: Buffer, position: bigint): number {
  try {
    return readSync(file, piece, 0, piece.length, position)
  } catch {
    return 0
  }
}
