import type { Socket } from 'node:net'

/** The longest line: a picture of the greatest size in base64, with room for the other fields. */
const maxLineBytes = 48 * 1024 * 1024

/** Calls `take` with each parsed line. A line that is too long or no JSON ends the connection. */
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
