import type { Socket } from 'node:net'

/**
 * Holds back what is written to sockets until the current round of I/O callbacks is done, so that all frames for one
 * socket leave in one system call: the call, not the frame, is what costs.
 */
export class WriteBatch {
  #corked = new Set<Socket>()

  /** Call before writing to `socket`. */
  hold(socket: Socket): void {
    if (this.#corked.has(socket)) return
    if (this.#corked.size === 0) setImmediate(() => this.#release())
    this.#corked.add(socket)
    socket.cork()
  }

  #release(): void {
    const corked = this.#corked
    this.#corked = new Set()
    for (const socket of corked) socket.uncork()
  }
}
