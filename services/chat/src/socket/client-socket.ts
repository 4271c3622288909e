import type { Socket } from 'node:net'
import { type Clock, later, type MonotonicMs } from '@fastchat/clock'
import {
  type ClientFrame,
  type ClientFrames,
  type CloseReason,
  type DeviceId,
  type ErrorCode,
  limits,
} from '@fastchat/schema'
import { AppError, type Logger, toAppError } from '@fastchat/service'
import { fullBucket, type Rate, type TokenBucket, takeToken } from '@fastchat/service/token-bucket'
import type { RawData, WebSocket } from 'ws'
import { Heartbeat } from '../domain/heartbeat.ts'
import { Connection } from './connection.ts'
import type { DeviceOpener } from './device-opener.ts'
import { type EarlyFrame, EarlyFrames } from './early-frames.ts'
import type { FrameHandlers } from './frame-handlers.ts'
import type { OpenDevice } from './open-device.ts'
import { type ParsedFrame, parseFrame } from './parse-frame.ts'
import type { WriteBatch } from './write-batch.ts'

export type ClientSocketDeps = {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Pick<Logger, 'error'>
  readonly batch: WriteBatch
  readonly handlers: FrameHandlers
  readonly openDevice: DeviceOpener
  /** The name of this pod and its limits, for `ready`. */
  readonly about: { readonly pod: string; readonly limits: Record<string, number> }
  /**
   * Returns the database's epoch as of the last sweep. If a later sweep shows another, all sockets
   * are closed.
   */
  readonly dbEpoch: () => string | Promise<string>
  /** Called once the device is among the connections that the pod reports. */
  readonly onArrived: (device: DeviceId) => void
}

/**
 * The rate of frames of any kind. A device that acks each message of a long absence stays far below
 * it.
 */
const frameRate: Rate = { perSecond: 1_000, burst: 5_000 }
/** The close reasons for a refused `hello`. Any other error is a fault of the pod. */
const closeOfRefusal: Partial<Record<ErrorCode, CloseReason>> = {
  unauthorized: 'unauthorized',
  token_expired: 'token_expired',
}
const notText: ParsedFrame = { ok: false, code: 'malformed_frame' }
const tooManyEarly = { reason: 'before_ready', maxFrames: limits.maxEarlyFrames, maxBytes: limits.maxEarlyBytes }

/**
 * One client's WebSocket from the handshake to the close. The client sends `hello` first and in
 * time, then any frames until its token ends. Frames between `hello` and `ready` wait, and are
 * handled after `ready` in the order sent. This class checks each frame. No frame can make it
 * throw.
 */
export class ClientSocket {
  readonly connection: Connection
  readonly #deps: ClientSocketDeps
  readonly #helloBy: MonotonicMs
  readonly #frames: TokenBucket
  readonly #heartbeat: Heartbeat
  #stage: 'new' | 'opening' | 'open' | 'closed' = 'new'
  #device: OpenDevice | undefined
  /** Frames that wait while the stage is `opening`. */
  #early: EarlyFrames | undefined
  #onKnown: (() => void) | undefined

  /** `onKnown` is called once, when the device is known or the socket is gone. */
  constructor(deps: ClientSocketDeps, ws: WebSocket, socket: Socket, onKnown: () => void) {
    this.#deps = deps
    this.#onKnown = onKnown
    this.connection = new Connection(ws, socket, deps.batch)
    const at = deps.clock.monotonicMs()
    this.#frames = fullBucket(frameRate, at)
    this.#helloBy = later(at, limits.helloTimeoutMs)
    this.#heartbeat = new Heartbeat(at, deps.random())
    ws.on('message', (data, isBinary) => this.#receive(data, isBinary))
    ws.on('ping', () => this.#isFlood())
    ws.on('pong', () => this.#heartbeat.onPong())
  }

  get isOpen(): boolean {
    return this.#stage === 'open'
  }

  /** The device, undefined until its `hello` is accepted. */
  get deviceId(): DeviceId | undefined {
    return this.#device?.session.deviceId
  }

  /** Whether nothing is in flight that the next connection would have to send again. */
  get isQuiet(): boolean {
    return this.#device !== undefined && this.#device.unackedSends === 0 && this.#device.feed.isQuiet
  }

  /** Enforces timeouts and pings the client. Call it about once a second. */
  tick(): void {
    const { clock } = this.#deps
    const at = clock.monotonicMs()
    if (this.#stage === 'new' && at > this.#helloBy) this.#end('hello_timeout', 'hello_timeout')
    const due = this.#heartbeat.next(at)
    if (due === 'silent') this.connection.cut('silent')
    if (due === 'ping') this.connection.ping()
    if (this.#device === undefined) return
    if (clock.wallMs() > this.#device.tokenEndsAt) this.#end('token_expired', 'token_expired')
    else this.#device.feed.tick()
  }

  /**
   * Releases the device and the early frames. Call it once the WebSocket is closed, by either side.
   */
  closed(): void {
    this.#stage = 'closed'
    this.#tellKnown()
    this.#device?.close()
    this.#device = undefined
    this.#early = undefined
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
    // A newer client may send frames that this pod does not know. The connection stays open.
    else if (parsed.code === 'unknown_frame') this.#sendError(new AppError(parsed.code), parsed.id)
    else this.#end(parsed.code, 'malformed', parsed.id)
  }

  #dispatch(frame: ClientFrame): void {
    // After the pod's close only acks count, since nothing else could be answered.
    if (this.connection.closing !== undefined && frame.t !== 'ack') return
    const id = 'id' in frame ? frame.id : undefined
    if (this.#device !== undefined) {
      // The cast holds: `frame.t` chose the handler, which the compiler can't follow.
      const handle = this.#deps.handlers[frame.t] as (device: OpenDevice, of: ClientFrame) => void | Promise<void>
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
    const { clock, openDevice, about, onArrived } = this.#deps
    try {
      const dbEpoch = await this.#deps.dbEpoch()
      const device = await openDevice(this.connection, frame)
      if (this.#stage !== 'opening' || this.connection.closing !== undefined) return device.close()
      this.#stage = 'open'
      this.#tellKnown()
      this.#device = device
      const { deviceId } = device.session
      const { pod, limits: podLimits } = about
      const ready = { pod, device: deviceId, dbEpoch, now: clock.wallMs(), limits: podLimits }
      this.connection.send({ t: 'ready', id: frame.id, ...ready })
      device.start()
      onArrived(deviceId)
      const early = this.#early?.take() ?? []
      this.#early = undefined
      for (const text of early) this.#read(text)
    } catch (error) {
      const known = this.#known(error)
      this.#sendError(known, frame.id)
      this.connection.close(closeOfRefusal[known.code] ?? 'busy')
    }
  }

  /** Counts a frame. Closes the connection and returns true if there are too many. */
  #isFlood(): boolean {
    if (takeToken(this.#frames, frameRate, this.#deps.clock.monotonicMs()) === 0) return false
    this.#end('rate_limited', 'rate_limited')
    return true
  }

  #tellKnown(): void {
    this.#onKnown?.()
    this.#onKnown = undefined
  }

  #known(error: unknown): AppError {
    const known = toAppError(error)
    if (known.code === 'internal') this.#deps.log.error({ err: known.cause ?? known }, 'frame failed')
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
