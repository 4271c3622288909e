import { type Clock, later } from '@fastchat/clock'
import type { ClientFrame, ConversationId, ServerFrame, ServerFrames } from '@fastchat/schema'
import { closeCodes, mayReconnect } from '@fastchat/schema'
import { Emitter } from '../emitter.ts'
import { ClientError, ServerError, Unreachable } from '../errors.ts'
import { Trouble } from '../trouble.ts'
import { type Backoff, pause } from './backoff.ts'
import { Closed, type ConnectionState } from './connection-state.ts'
import { openFirst } from './open-first.ts'
import { Placement } from './placement.ts'
import { renewTokens } from './renew-tokens.ts'
import type { Rest } from './rest.ts'
import { type Close, patience, type Socket } from './socket.ts'
import type { Tokens } from './tokens.ts'

/** The frames that a pod sends by itself, not as an answer to a request. */
type Pushed = Omit<ServerFrames, 'ok' | 'error'>

/** The frames of a pod that the connection delivers to its owner. */
export type Delivered = Omit<Pushed, 'reconnect'>

export type ConnectionEvents = Delivered & {
  state: ConnectionState
  /** A problem that people should know and that does not end the connection: `another_host`. */
  trouble: Trouble
}

/** A handler for each frame: a frame without one is a compile error. */
export type FrameHandlers<Frames> = { readonly [T in keyof Frames]: (frame: Frames[T]) => void }

type Options = {
  readonly rest: Rest
  readonly tokens: Tokens
  /** Returns the cursors for `hello`. */
  readonly cursors: () => Readonly<Record<ConversationId, number>>
  /** URLs of pods to connect to, on any host, instead of asking the balancer. */
  readonly podUrls?: readonly string[] | undefined
  readonly clock: Clock
  readonly backoff: Backoff
  /** The time limit for the balancer; see `Placement`. */
  readonly placeTimeoutMs?: number
}

/** A connection that held this long was stable. The next trouble starts with short pauses again. */
const stableMs = 30_000
/** The limit still allows a link so slow that a large frame takes a minute. */
const maxPatience = 8

/** Keeps one socket to a chat pod open while it is started. */
export class Connection extends Emitter<ConnectionEvents> {
  readonly #options: Options
  readonly #placement: Placement
  #socket: Socket | undefined
  #run: { stop: AbortController; done: Promise<void> } | undefined
  #last: Promise<void> = Promise.resolve()
  #wake = new AbortController()
  /**
   * The factor by which a silent link is tolerated longer at first. A link that is only slow would
   * otherwise look dead again and again.
   */
  #patience = 1
  #state: ConnectionState = { state: 'off' }

  constructor(options: Options) {
    super()
    this.#options = options
    this.#placement = new Placement({
      ...options,
      tellForeign: (host) => this.emit('trouble', new Trouble({ code: 'another_host', host }, {})),
    })
  }

  get state(): ConnectionState {
    return this.#state
  }

  get isOnline(): boolean {
    return this.#state.state === 'online'
  }

  start(): void {
    if (this.#run) return
    const stop = new AbortController()
    // A run that is still ending owns the tokens, the socket and the state until then.
    this.#last = this.#last.then(() => this.#loop(stop.signal))
    this.#run = { stop, done: this.#last }
  }

  /** Resolves when the connection is closed, and a token that was being fetched is stored. */
  async stop(): Promise<void> {
    const run = this.#run
    if (!run) return
    this.#run = undefined
    run.stop.abort()
    await run.done
    if (!this.#run) this.#setState({ state: 'off' })
  }

  /** Ends the pause and tries now: the user asked, or the network came back. */
  retryNow(): void {
    this.#wake.abort()
  }

  /**
   * Sends a request frame; resolves with its `ok`. For `onOk` see `Socket`.
   *
   * @throws {ServerError | Unreachable}
   */
  async request(frame: ClientFrame & { readonly id: string }, onOk?: () => void): Promise<ServerFrames['ok']> {
    if (!this.#socket || !this.isOnline) throw new Unreachable('not connected')
    return await this.#socket.request(frame, onOk)
  }

  /** Sends a frame that has no answer. Without a connection the frame is dropped. */
  post(frame: ClientFrame): void {
    if (this.isOnline) this.#socket?.post(frame)
  }

  #setState(state: ConnectionState): void {
    this.#state = state
    this.emit('state', state)
  }

  async #loop(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.#setState({ state: 'connecting' })
      const error = await this.#session(stop).catch((reason: unknown) =>
        reason instanceof Error ? reason : new Error(String(reason)),
      )
      this.#socket = undefined
      if (stop.aborted) return
      if (error instanceof ClientError) {
        this.#run = undefined
        return this.#setState({ state: 'ended', error })
      }
      const isTokenOver =
        error instanceof ServerError && (error.code === 'token_expired' || error.code === 'unauthorized')
      if (isTokenOver) this.#options.tokens.forget()
      const waitMs = this.#options.backoff.next(
        error instanceof ServerError ? error.retryMs : (error as Closed).afterMs,
      )
      this.#setState({ state: 'unavailable', retryAt: later(this.#options.clock.wallMs(), waitMs), error })
      this.#wake = new AbortController()
      await pause(waitMs, AbortSignal.any([stop, this.#wake.signal]))
    }
  }

  /**
   * Runs one connection from placement to close. It always returns or throws the error that ended
   * it.
   */
  async #session(stop: AbortSignal): Promise<Error> {
    const { tokens, cursors, clock } = this.#options
    const token = await tokens.access()
    const urls = this.#options.podUrls ?? (await this.#placement.urls(token, stop))
    const openedAt = clock.monotonicMs()
    const patienceFactor = () => (clock.monotonicMs() - openedAt > stableMs ? 1 : this.#patience)
    const socket = await openFirst(urls, (frame) => this.#receive(frame), stop, { ...patience, patienceFactor })
    this.#socket = socket
    const over = new AbortController()
    const onStop = () => socket.close()
    stop.addEventListener('abort', onStop)
    try {
      await socket.hello(token, cursors())
      this.#options.backoff.worked()
      const since = clock.monotonicMs()
      void renewTokens(socket, this.#options.tokens, over.signal)
      const close = await socket.closed
      if (clock.monotonicMs() - since > stableMs) this.#options.backoff.reset()
      this.#patience =
        close.isSilent && clock.monotonicMs() - since <= stableMs ? Math.min(2 * this.#patience, maxPatience) : 1
      return this.#ending(close)
    } finally {
      over.abort()
      stop.removeEventListener('abort', onStop)
      socket.close()
    }
  }

  #ending({ code, reason, afterMs }: Close): Error {
    const isTokenRefused = code === closeCodes.token_expired.code || code === closeCodes.unauthorized.code
    if (isTokenRefused) this.#options.tokens.forget()
    if (mayReconnect(code) || isTokenRefused) return new Closed(`connection closed: ${reason || code}`, afterMs)
    return new ClientError('session_ended', `The server closed the connection: ${reason || code}`)
  }

  readonly #handlers: FrameHandlers<Pushed> = {
    ready: (frame) => {
      this.#setState({ state: 'online', pod: frame.pod })
      this.emit('ready', frame)
    },
    message: (frame) => this.emit('message', frame),
    welcome: (frame) => this.emit('welcome', frame),
    gap: (frame) => this.emit('gap', frame),
    signaled: (frame) => this.emit('signaled', frame),
    synced: (frame) => this.emit('synced', frame),
    account: (frame) => this.emit('account', frame),
    reconnect: ({ candidates }) => {
      this.#placement.offer(candidates.map(({ url }) => url))
    },
  }

  /**
   * Handles a frame at once, in the order of arrival. Frames that follow `ready` may be here before
   * the code that awaits it runs. Frames of later versions are ignored.
   */
  #receive(frame: ServerFrame): void {
    if (!Object.hasOwn(this.#handlers, frame.t)) return
    // The cast holds because the handler of this name takes the frame of this name.
    const handle = this.#handlers[frame.t as keyof Pushed] as (frame: ServerFrame) => void
    handle(frame)
  }
}
