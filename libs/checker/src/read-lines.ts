import { closeSync, openSync, readSync } from 'node:fs'

const pieceBytes = 1024 * 1024
const newline = 10

/**
 * Reads the objects of a JSONL file one by one, because a history may be larger than the longest
 * string. It ignores a last line without a newline, which a killed process may leave.
 *
 * @throws Error that names the line that is not JSON
 */
export function* readLines<T>(path: string): Generator<T> {
  const file = openSync(path, 'r')
  try {
    const piece = Buffer.allocUnsafe(pieceBytes)
    let rest: Buffer = Buffer.alloc(0)
    let n = 0
    for (let size = readSync(file, piece); size > 0; size = readSync(file, piece)) {
      const bytes = Buffer.concat([rest, piece.subarray(0, size)])
      let from = 0
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
        n++
        if (end > from) yield parse<T>(bytes.toString('utf8', from, end), () => `${path}:${n}`)
        from = end + 1
      }
      rest = bytes.subarray(from)
    }
  } finally {
    closeSync(file)
  }
}

function parse<T>(line: string, where: () => string): T {
  try {
    // The cast holds because the README describes this form; the file is trusted.
    return JSON.parse(line) as T
  } catch {
    throw new Error(`${where()}: not a line of JSON`)
  }
}
