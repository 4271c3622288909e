import type { Socket } from 'node:net'

/** A picture of the greatest size in base64, and room for the rest of its line. */
const maxLineBytes = 48 * 1024 * 1024

/** Calls `take` with each line that arrives, parsed. A line that is no JSON, or too long, ends the connection. */
export function readJsonLines(socket: Socket, take: (value: unknown) => void): void {
  let parts: Buffer[] = []
  let size = 0
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString('utf8')
      parts = []
      size = 0
      rest = rest.subarray(end + 1)
      try {
        take(JSON.parse(line))
      } catch (cause) {
        socket.destroy(new Error('unreadable line', { cause }))
        return
      }
    }
    size += rest.length
    if (size > maxLineBytes) socket.destroy(new Error('line too long'))
    else if (rest.length > 0) parts.push(rest)
  })
}

export function writeJsonLine(socket: Socket, value: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`)
}
