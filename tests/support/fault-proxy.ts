import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * The state of a link: how it treats the bytes on it. `up` is from the side that connects to the
 * side that listens.
 */
export type LinkState = {
  /** Each byte arrives this much later. */
  readonly delayMs?: number
  /**
   * Bytes are held back and arrive once the link is mended. Neither side is told, as on a cut
   * cable.
   */
  readonly blackHole?: 'up' | 'down' | 'both'
  /** Bytes in this direction are dropped. */
  readonly discard?: 'up' | 'down'
  /** New connections are reset, as by a host without that program. */
  readonly isRefusing?: boolean
  /** The most bytes in one piece. */
  readonly sliceBytes?: number
  readonly bytesPerSecond?: number
  /** Each connection is reset once so many bytes have passed, both directions together. */
  readonly cutAfterBytes?: number
}

type Way = 'up' | 'down'
type Pair = { readonly client: Socket; readonly server: Socket; passed: number; readonly wake: Set<() => void> }

const healthy: LinkState = {}
/** The number of bytes held in one direction of a connection above which its source is not read. */
const maxHeldBytes = 256 * 1024

/**
 * A TCP link of an installation. All bytes between two programs pass through it, and a test can
 * break it.
 */
export class FaultProxy {
  readonly port: number
  readonly #server: Server
  readonly #target: number
  readonly #pairs = new Set<Pair>()
  #state: LinkState = healthy
  #stoppedBytes = 0

  private constructor(server: Server, target: number) {
    this.#server = server
    this.#target = target
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (client) => this.#accept(client))
  }

  /** Opens a link to a port of this machine. */
  static async open(targetPort: number): Promise<FaultProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FaultProxy(server, targetPort)
  }

  get connections(): number {
    return this.#pairs.size
  }

  /**
   * The number of bytes that arrived and were not passed on: they wait, were dropped, or ended with
   * their connection.
   */
  get stoppedBytes(): number {
    return this.#stoppedBytes
  }

  /**
   * Replaces the state of the link as a whole; `set({})` mends it. Existing connections follow it,
   * too.
   */
  set(state: LinkState): void {
    this.#state = state
    for (const { wake } of this.#pairs) for (const look of [...wake]) look()
  }

  /** Ends all connections: with RST, or with FIN from the server's side only. */
  cut(how: 'reset' | 'half-close' = 'reset'): void {
    for (const pair of [...this.#pairs]) {
      if (how === 'half-close') pair.client.end()
      else this.#end(pair)
    }
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(client: Socket): void {
    if (this.#state.isRefusing) {
      client.resetAndDestroy()
      return
    }
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const pair: Pair = { client, server, passed: 0, wake: new Set() }
    this.#pairs.add(pair)
    const gone = () => this.#end(pair)
    for (const socket of [client, server]) socket.on('error', gone)
    // An end is passed on in each direction separately.
    const isOver = () => client.destroyed && server.destroyed && gone()
    for (const socket of [client, server]) socket.on('close', isOver)
    this.#pump(pair, client, server, 'up')
    this.#pump(pair, server, client, 'down')
  }

  #end(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return
    for (const look of [...pair.wake]) look()
    pair.client.resetAndDestroy()
    pair.server.resetAndDestroy()
  }

  /** Passes on what arrives from `source`, in order, as the state of the link allows. */
  #pump(pair: Pair, source: Socket, sink: Socket, way: Way): void {
    const held: { readonly bytes: Buffer; readonly at: number }[] = []
    let heldBytes = 0
    let isEnded = false
    let isBusy = false
    const wait = (ms?: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          clearTimeout(timer)
          pair.wake.delete(look)
          resolve()
        }
        const timer = ms === undefined ? undefined : setTimeout(look, ms)
        pair.wake.add(look)
      })
    const run = async () => {
      if (isBusy) return
      isBusy = true
      for (let next = held.shift(); next; next = held.shift()) {
        heldBytes -= next.bytes.length
        if (heldBytes < maxHeldBytes) source.resume()
        await this.#pass(pair, next, sink, way, wait)
        if (!this.#pairs.has(pair)) return
      }
      isBusy = false
      if (isEnded) sink.end()
    }
    source.on('data', (bytes) => {
      held.push({ bytes, at: performance.now() })
      heldBytes += bytes.length
      this.#stoppedBytes += bytes.length
      if (heldBytes >= maxHeldBytes) source.pause()
      void run()
    })
    source.on('end', () => {
      isEnded = true
      void run()
    })
  }

  async #pass(
    pair: Pair,
    { bytes, at }: { readonly bytes: Buffer; readonly at: number },
    sink: Socket,
    way: Way,
    wait: (ms?: number) => Promise<void>,
  ): Promise<void> {
    for (let from = 0; from < bytes.length && this.#pairs.has(pair); ) {
      const { blackHole, delayMs = 0, discard, sliceBytes, bytesPerSecond, cutAfterBytes } = this.#state
      const isLate = at + delayMs - performance.now()
      if (blackHole === way || blackHole === 'both') {
        await wait()
        continue
      }
      if (isLate > 0) {
        await wait(isLate)
        continue
      }
      if (discard === way) return
      const size = Math.min(sliceBytes ?? bytes.length, bytesPerSecond ?? bytes.length, bytes.length - from)
      sink.write(bytes.subarray(from, from + size))
      this.#stoppedBytes -= size
      from += size
      pair.passed += size
      if (cutAfterBytes !== undefined && pair.passed >= cutAfterBytes) return this.#end(pair)
      if (bytesPerSecond !== undefined) await wait((1_000 * size) / bytesPerSecond)
      else if (sliceBytes !== undefined) await new Promise(setImmediate)
    }
  }
}
