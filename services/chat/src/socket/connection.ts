import type { Socket } from 'node:net'
import { type CloseReason, closeCodes, type ServerFrame } from '@fastchat/schema'
import type { WebSocket } from 'ws'
import { textFrame } from './text-frame.ts'
import type { WriteBatch, Written } from './write-batch.ts'

/** Bytes waiting for the kernel above which nothing more is delivered until they are gone. */
const maxQueuedBytes = 256 * 1024
/** Answers may be written above that, since requests are few; a client that reads none of them is cut off. */
const maxUnreadBytes = 2 * 1024 * 1024

/** One WebSocket as the rest sees it: frames out, and a close with a reason. */
export class Connection implements Written {
  waitsFor: Written['waitsFor'] = 'nothing'
  frames: Written['frames'] = undefined
  frameBytes = 0
  busyUntilMs = 0
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
   * `frame`: see `textFrame`; it may go to many sockets and must not change any more. It goes past ws, which has nothing to add: without
   * compression ws writes its own frames (pings, pongs, a close) whole and at once, so nothing can come in between one.
   */
  write(frame: Buffer): void {
    if (this.#mayWrite()) this.#batch.put(this, frame)
  }

  writeOut(parts: readonly Buffer[]): void {
    // Between the write and this the other side may have closed; after our own close frame nothing may follow.
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

  /** The other side does not keep up with what was written. `onDrain` tells when it does again. */
  get isFull(): boolean {
    return this.#ws.bufferedAmount > maxQueuedBytes
  }

  /** Written, and not yet taken by the kernel. */
  get queuedBytes(): number {
    return this.#ws.bufferedAmount + this.frameBytes
  }

  onDrain(listener: () => void): void {
    this.#socket.on('drain', listener)
  }

  /** Says why and closes; what was sent before still goes out. Only the first reason counts. */
  close(reason: CloseReason): void {
    if (this.#closing !== undefined) return
    this.#closing = reason
    this.#batch.flush(this)
    this.#ws.close(closeCodes[reason].code, closeCodes[reason].reason)
  }

  /** For a client that does not read: a close frame would only join the queue. */
  cut(reason: CloseReason): void {
    this.#closing ??= reason
    this.#ws.terminate()
  }

  /** Why this side closed; undefined while it has not. */
  get closing(): CloseReason | undefined {
    return this.#closing
  }
}
