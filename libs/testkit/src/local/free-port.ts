import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { reservePort } from './reserve-port.ts'

/**
 * The lowest port. The range lies below the ports that systems give to outgoing connections: a
 * server that is stopped for a moment must find its port free when it comes back.
 */
const lowest = 15_000
const highest = 32_000
const maxTries = 100

/**
 * Returns a TCP port on 127.0.0.1 that nothing listens on. While this process runs, `freePort`
 * gives it to no other caller on this machine.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries++) {
    const port = randomInt(lowest, highest)
    if (reservePort(port) && !(await isPortTaken(port))) return port
  }
  throw new Error(`no free port from ${lowest} to ${highest}`)
}

/** Resolves true if a program on this machine listens on `port` of `host`. */
export async function isPortTaken(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer()
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true)
      else reject(error)
    })
    server.listen(port, host, () => server.close(() => resolve(false)))
  })
}
