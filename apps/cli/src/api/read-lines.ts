import type { Readable } from 'node:stream'

/** A line of a stream, or a mark for a line that was longer than allowed. */
export type ReadLine = { readonly text: string } | 'too long'

/**
 * Yields the lines of a stream. A line of more than `maxBytes` gives one `too long`, its bytes are
 * dropped, and reading goes on after it. Reads the stream only as fast as lines are taken.
 */
export async function* readLines(from: Readable, maxBytes: number): AsyncGenerator<ReadLine> {
  let parts: Buffer[] = []
  let size = 0
  const end = (): ReadLine => {
    const line: ReadLine = size > maxBytes ? 'too long' : { text: Buffer.concat(parts).toString('utf8') }
    parts = []
    size = 0
    return line
  }
  const take = (part: Buffer) => {
    size += part.length
    if (size > maxBytes) parts = []
    else if (part.length > 0) parts.push(part)
  }
  for await (const chunk of from) {
    let rest = Buffer.from(chunk)
    for (let at = rest.indexOf(newline); at >= 0; at = rest.indexOf(newline)) {
      take(rest.subarray(0, at))
      rest = rest.subarray(at + 1)
      yield end()
    }
    take(rest)
  }
  if (size > 0) yield end()
}

const newline = 10
