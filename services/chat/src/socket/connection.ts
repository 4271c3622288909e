import type { Socket } from 'node:net'
import type { MonotonicMs } from '@fastchat/clock'
import { type CloseReason, closeCodes, type ServerFrame } from '@fastchat/schema'
import type { WebSocket } from 'ws'
import { textFrame } from './text-frame.ts'
import type { WriteBatch, WriteTarget } from './write-batch.ts'

/** Deliveries stop while more bytes than this wait for the kernel. */
const maxQueuedBytes = 256 * 1024
/**
 * Answers may exceed that limit, since requests are few. A client that reads none of them is cut
 * off here.
 */
const maxUnreadBytes = 2 * 1024 * 1024

/** The sending side of one WebSocket: frames, and a close with a reason. */
export class Connection implements WriteTarget {
  waitsFor: WriteTarget['waitsFor'] = 'nothing'
  frames: WriteTarget['frames'] = undefined
  frameBytes = 0
  busyUntil = 0 as MonotonicMs
  readonly #ws: WebSocket
  readonly #socket: Socket
  readonly #batch: WriteBatch
  #closing: CloseReason | undefined

  constructor(ws: WebSocket, socket: Socket, batch: WriteBatch) {
    this.#ws = ws
    this.#socket = socket
    this.#batch = batch
  }

  send(frame: ServerFrame): void {
    this.write(textFrame(JSON.stringify(frame)))
  }

  /**
   * Writes a frame that `textFrame` made. Other sockets may get the same bytes, so they must not
   * change afterwards. The frame bypasses ws. Without compression ws writes its own frames (pings,
   * pongs, a close) whole and at once, so frames do not mix.
   */
  write(frame: Buffer): void {
    if (this.#mayWrite()) this.#batch.put(this, frame)
  }

  writeOut(parts: readonly Buffer[]): void {
    // The client may have closed meanwhile. After the pod's close frame nothing may follow.
    if (this.#ws.readyState !== this.#ws.OPEN) return
    if (parts.length > 1) this.#socket.cork()
    for (const part of parts) this.#socket.write(part)
    if (parts.length > 1) this.#socket.uncork()
  }

  #mayWrite(): boolean {
    if (this.#closing !== undefined || this.#ws.readyState !== this.#ws.OPEN) return false
    if (this.#ws.bufferedAmount > maxUnreadBytes) {
      this.cut('slow')
      return false
    }
    return true
  }

  ping(): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping()
  }

  /** Whether the client reads too slowly. `onDrain` listeners are called once it has caught up. */
  get isFull(): boolean {
    return this.#ws.bufferedAmount > maxQueuedBytes
  }

  /** The number of bytes that the kernel has not taken yet. */
  get queuedBytes(): number {
    return this.#ws.bufferedAmount + this.frameBytes
  }

  onDrain(listener: () => void): void {
    this.#socket.on('drain', listener)
  }

  /** Closes with a reason, after what was sent before. Only the first reason counts. */
  close(reason: CloseReason): void {
    if (this.#closing !== undefined) return
    this.#closing = reason
    this.#batch.flush(this)
    this.#ws.close(closeCodes[reason].code, closeCodes[reason].reason)
  }

  /**
   * Ends the connection of a client that does not read. A close frame would only join the queue.
   */
  cut(reason: CloseReason): void {
    this.#closing ??= reason
    this.#ws.terminate()
  }

  /** The reason for which the pod closed. Undefined while it has not. */
  get closing(): CloseReason | undefined {
    return this.#closing
  }
}
