import type { Socket } from 'node:net'
import {
  type ClientFrame,
  type ClientFrames,
  type CloseReason,
  type DeviceId,
  type ErrorCode,
  limits,
} from '@fastchat/schema'
import { AppError, toAppError } from '@fastchat/service'
import type { RawData, WebSocket } from 'ws'
import { fullBucket, type Rate, type TokenBucket, takeToken } from '../domain/token-buckets.ts'
import { Connection } from './connection.ts'
import { type EarlyFrame, EarlyFrames } from './early-frames.ts'
import { frameHandlers } from './frame-handlers.ts'
import type { Hub } from './hub.ts'
import { limitsOf, type OpenDevice, openDevice } from './open-device.ts'
import { type ParsedFrame, parseFrame } from './parse-frame.ts'

/** Frames of any kind. Far above what a device has reason to send, even if it acks each message of a long absence. */
const frameRate: Rate = { perSecond: 1_000, burst: 5_000 }
/** Pings without an answer after which nobody is there. */
const maxMissedPongs = 2
/** How a refused `hello` ends; anything else is trouble of ours. */
const closeOfRefusal: Partial<Record<ErrorCode, CloseReason>> = {
  unauthorized: 'unauthorized',
  token_expired: 'token_expired',
}
const notText: ParsedFrame = { ok: false, code: 'malformed_frame' }
const tooManyEarly = { reason: 'before_ready', maxFrames: limits.maxEarlyFrames, maxBytes: limits.maxEarlyBytes }

/**
 * One client's WebSocket from the handshake to the close: `hello` first and in time, then any frames until the token ends.
 * Frames between `hello` and `ready` wait, and are handled after `ready` in the order sent. Whatever comes in is checked here; nothing that a client sends can throw past this class.
 */
export class ClientSocket {
  readonly connection: Connection
  readonly #hub: Hub
  readonly #helloByMs: number
  readonly #frames: TokenBucket
  #stage: 'new' | 'opening' | 'open' | 'closed' = 'new'
  #device: OpenDevice | undefined
  /** While `opening`. */
  #early: EarlyFrames | undefined
  #onKnown: (() => void) | undefined
  #pingAtMs: number
  #missedPongs = 0

  /** `onKnown`: see `ChatSockets`. */
  constructor(hub: Hub, ws: WebSocket, socket: Socket, onKnown: () => void) {
    this.#hub = hub
    this.#onKnown = onKnown
    this.connection = new Connection(ws, socket, hub.batch)
    const nowMs = hub.nowMs()
    this.#frames = fullBucket(frameRate, nowMs)
    this.#helloByMs = nowMs + limits.helloTimeoutMs
    // So that the pings of those who came together don't go out together for ever.
    this.#pingAtMs = nowMs + hub.random() * limits.pingIntervalMs
    ws.on('message', (data, isBinary) => this.#receive(data, isBinary))
    ws.on('ping', () => this.#isFlood())
    ws.on('pong', () => {
      this.#missedPongs = 0
    })
  }

  get isOpen(): boolean {
    return this.#stage === 'open'
  }

  /** Undefined until it has said hello. */
  get deviceId(): DeviceId | undefined {
    return this.#device?.session.deviceId
  }

  /** Nothing is under way, in either direction, that would have to be sent again over the next connection. */
  get isQuiet(): boolean {
    return this.#device !== undefined && this.#device.unackedSends === 0 && this.#device.feed.isQuiet
  }

  /** Once a second or so. */
  tick(): void {
    const nowMs = this.#hub.nowMs()
    if (this.#stage === 'new' && nowMs > this.#helloByMs) this.#end('hello_timeout', 'hello_timeout')
    if (nowMs > this.#pingAtMs) this.#ping(nowMs)
    if (this.#device === undefined) return
    if (this.#hub.wallMs() > this.#device.tokenEndsAt) this.#end('token_expired', 'token_expired')
    else this.#device.feed.tick()
  }

  /** The WebSocket is closed, by whichever side. */
  closed(): void {
    this.#stage = 'closed'
    this.#leaveWaiting()
    this.#device?.close()
    this.#device = undefined
    this.#early = undefined
  }

  #ping(nowMs: number): void {
    if (this.#missedPongs >= maxMissedPongs) this.connection.cut('silent')
    this.#missedPongs++
    this.#pingAtMs = nowMs + limits.pingIntervalMs
    this.connection.ping()
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isFlood()) return
    // With the default `binaryType` a message is one Buffer.
    const bytes = data as Buffer
    const frame = isBinary ? undefined : bytes.toString()
    if (this.#stage === 'opening') this.#keep(frame, bytes.length)
    else this.#read(frame)
  }

  #keep(frame: EarlyFrame, bytes: number): void {
    if (this.connection.closing !== undefined) return
    this.#early ??= new EarlyFrames()
    if (this.#early.add(frame, bytes)) return
    this.#early = undefined
    this.#sendError(new AppError('rate_limited', tooManyEarly), undefined)
    this.connection.close('rate_limited')
  }

  #read(frame: EarlyFrame): void {
    const parsed = frame === undefined ? notText : parseFrame(frame)
    if (parsed.ok) this.#dispatch(parsed.frame)
    else if (this.#stage !== 'open') this.#end('hello_first', 'malformed', parsed.id)
    // A frame of a newer contract is no reason to part.
    else if (parsed.code === 'unknown_frame') this.#sendError(new AppError(parsed.code), parsed.id)
    else this.#end(parsed.code, 'malformed', parsed.id)
  }

  #dispatch(frame: ClientFrame): void {
    // After our close only what the device has stored still counts; nothing else could be answered.
    if (this.connection.closing !== undefined && frame.t !== 'ack') return
    const id = 'id' in frame ? frame.id : undefined
    if (this.#device !== undefined) {
      // Holds because `frame.t` has chosen the handler, which the compiler can't follow.
      const handle = frameHandlers[frame.t] as (device: OpenDevice, of: ClientFrame) => void | Promise<void>
      this.#handle(this.#device, handle, frame, id)
    } else if (this.#stage === 'new' && frame.t === 'hello') {
      this.#stage = 'opening'
      void this.#open(frame)
    } else this.#end('hello_first', 'malformed', id)
  }

  #handle(
    device: OpenDevice,
    handle: (device: OpenDevice, frame: ClientFrame) => void | Promise<void>,
    frame: ClientFrame,
    id: string | undefined,
  ): void {
    const failed = (error: unknown) => this.#sendError(this.#known(error), id)
    try {
      handle(device, frame)?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  async #open(frame: ClientFrames['hello']): Promise<void> {
    try {
      const dbEpoch = await this.#hub.dbEpoch()
      const device = await openDevice(this.#hub, this.connection, frame)
      if (this.#stage !== 'opening' || this.connection.closing !== undefined) return device.close()
      this.#stage = 'open'
      this.#leaveWaiting()
      this.#device = device
      const { pod, wallMs } = this.#hub
      const about = { pod, device: device.session.deviceId, dbEpoch, now: wallMs(), limits: limitsOf(this.#hub) }
      this.connection.send({ t: 'ready', id: frame.id, ...about })
      device.start()
      this.#hub.onArrived(device.session.deviceId)
      const early = this.#early?.take() ?? []
      this.#early = undefined
      for (const text of early) this.#read(text)
    } catch (error) {
      const known = this.#known(error)
      this.#sendError(known, frame.id)
      this.connection.close(closeOfRefusal[known.code] ?? 'busy')
    }
  }

  /** True, and the connection closes, when too much comes in. */
  #isFlood(): boolean {
    if (takeToken(this.#frames, frameRate, this.#hub.nowMs()) === 0) return false
    this.#end('rate_limited', 'rate_limited')
    return true
  }

  /** Its place among those who wait is for another; nothing of who waited is kept. */
  #leaveWaiting(): void {
    this.#onKnown?.()
    this.#onKnown = undefined
  }

  #known(error: unknown): AppError {
    const known = toAppError(error)
    if (known.code === 'internal') this.#hub.log.error({ err: known.cause ?? known }, 'frame failed')
    return known
  }

  #end(code: ErrorCode, reason: CloseReason, id?: string): void {
    this.#sendError(new AppError(code), id)
    this.connection.close(reason)
  }

  #sendError({ code, message, details, retryMs }: AppError, id: string | undefined): void {
    const named = id === undefined ? {} : { id }
    const more = { ...(details && { details }), ...(retryMs !== undefined && { retryMs }) }
    this.connection.send({ t: 'error', ...named, code, message, ...more })
  }
}
