import { type ClientFrame, closeCodes, type ServerFrame, type ServerFrames, subprotocol } from '@fastchat/schema'
import { ServerError, Unreachable } from '../errors.ts'

import { faultOf } from './frame-form.ts'

export type Close = {
  readonly code: number
  readonly reason: string
  readonly afterMs: number
  /** The other side was silent for too long. */
  readonly isSilent: boolean
}

/** Wraps one WebSocket; requests and answers are matched by id. */
export type Socket = {
  hello(token: string, cursors: Readonly<Record<string, number>>): Promise<ServerFrames['ready']>
  /**
   * Sends a request. `onOk` runs before any frame after the answer is handled; code that awaits the
   * promise runs later.
   */
  request(frame: ClientFrame & { readonly id: string }, onOk?: () => void): Promise<ServerFrames['ok']>
  post(frame: ClientFrame): void
  close(): void
  readonly closed: Promise<Close>
}

const openTimeoutMs = 5_000
/** A pod that can't reach its database says so within this time. */
const helloTimeoutMs = 10_000
/** The server may wait this long for its database before it says `busy`. */
const answerTimeoutMs = 20_000
/** The other side has this long to answer a close. Over a dead link it never does. */
const closeTimeoutMs = 1_000

/** A page of 256 KiB of envelopes, the largest frame of a server, takes a tenth of this. */
export const maxFrameLetters = 4 * 1024 * 1024

/**
 * The limits after which a silent link is given up, in ticks. A process that was suspended counts
 * one tick for that time, and reads the frames that have arrived before it judges.
 */
export type Patience = {
  readonly tickMs: number
  /**
   * After this number of ticks without a frame the client sends a ping. Any frame counts as an
   * answer.
   */
  readonly askAfter: number
  /** After this number of ticks, times `patienceFactor`, the link counts as dead. */
  readonly leaveAfter: number
  readonly patienceFactor?: () => number
}

/**
 * The default limits. With a pause and a new connection they make about ten seconds from the moment
 * that a pod hangs.
 */
export const patience: Patience = { tickMs: 1_000, askAfter: 5, leaveAfter: 9 }

type Waiting = {
  resolve(frame: ServerFrame): void
  reject(error: Error): void
  onOk: (() => void) | undefined
  timer: ReturnType<typeof setTimeout>
}

/**
 * Opens a WebSocket.
 *
 * @throws {Unreachable} when it does not open in time, or `stop` aborts first
 */
export function openSocket(
  url: string,
  onFrame: (frame: ServerFrame) => void,
  stop?: AbortSignal,
  waits: Patience = patience,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (stop?.aborted) return reject(new Unreachable('stopped'))
    const ws = new WebSocket(url, subprotocol)
    const settle = () => {
      clearTimeout(timer)
      ws.removeEventListener('open', opened)
      ws.removeEventListener('error', fail)
      stop?.removeEventListener('abort', fail)
    }
    const fail = () => {
      settle()
      ws.close()
      reject(new Unreachable(`cannot connect to ${url}`))
    }
    const opened = () => {
      settle()
      resolve(wrap(ws, onFrame, waits))
    }
    const timer = setTimeout(fail, openTimeoutMs)
    ws.addEventListener('open', opened)
    ws.addEventListener('error', fail)
    stop?.addEventListener('abort', fail)
  })
}

function wrap(ws: WebSocket, onFrame: (frame: ServerFrame) => void, waits: Patience): Socket {
  const waiting = new Map<string, Waiting>()
  let quietTicks = 0
  let afterMs = 0
  /** The fault of the other side for which this side closes the connection. */
  let fault: string | undefined
  let isReady = false
  let isSilent = false

  const ask = (
    frame: ClientFrame & { readonly id: string },
    {
      timeoutMs = answerTimeoutMs,
      onOk,
    }: { readonly timeoutMs?: number; readonly onOk?: (() => void) | undefined } = {},
  ): Promise<ServerFrame> =>
    new Promise((resolve, reject) => {
      if (ws.readyState !== WebSocket.OPEN) return reject(new Unreachable('not connected'))
      const timer = setTimeout(() => {
        waiting.delete(frame.id)
        reject(new Unreachable('no answer in time'))
        shut()
      }, timeoutMs)
      waiting.set(frame.id, { resolve, reject, onOk, timer })
      ws.send(JSON.stringify(frame))
    })

  const answer = (frame: ServerFrames['ok' | 'ready' | 'error']) => {
    const asked = frame.id === undefined ? undefined : waiting.get(frame.id)
    if (frame.id === undefined || !asked) return
    waiting.delete(frame.id)
    clearTimeout(asked.timer)
    if (frame.t === 'ok') asked.onOk?.()
    if (frame.t !== 'error') return asked.resolve(frame)
    asked.reject(new ServerError(frame.code, frame.message, frame.details, frame.retryMs))
  }

  ws.addEventListener('message', (event) => {
    quietTicks = 0
    if (String(event.data).length > maxFrameLetters) {
      fault = `the server sent a frame of more than ${maxFrameLetters} letters`
      // A closing socket delivers nothing more.
      return shut()
    }
    const frame = parse(event.data)
    if (!frame) return shut()
    fault = faultOf(frame, String(event.data).length)
    if (fault !== undefined) return shut()
    if (frame.t === 'ready') {
      isReady = true
      onFrame(frame)
    }
    if (frame.t === 'ok' || frame.t === 'ready' || frame.t === 'error') return answer(frame)
    if (frame.t === 'reconnect') afterMs = frame.afterMs
    onFrame(frame)
  })

  // `hello` has another time limit: before `ready` a pod answers nothing else.
  const watch = setInterval(() => {
    if (!isReady) return
    quietTicks++
    if (quietTicks >= waits.leaveAfter * (waits.patienceFactor?.() ?? 1)) {
      isSilent = true
      ws.close()
      end(1006, 'no answer')
    } else if (quietTicks === waits.askAfter && ws.readyState === WebSocket.OPEN)
      ws.send(JSON.stringify({ t: 'ping', id: 'ping' } satisfies ClientFrame))
  }, waits.tickMs)

  const { promise: closed, resolve: tellClosed } = Promise.withResolvers<Close>()
  let closeTimer: ReturnType<typeof setTimeout> | undefined
  const end = (code: number, reason: string) => {
    clearInterval(watch)
    clearTimeout(closeTimer)
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer)
      reject(new Unreachable('the connection closed before the answer'))
    }
    waiting.clear()
    tellClosed({ code, reason: fault ?? reason, afterMs, isSilent })
  }
  ws.addEventListener('close', (event) => end(event.code, event.reason), { once: true })
  ws.addEventListener('error', () => end(1006, 'broken'), { once: true })

  /**
   * Closes the socket. It counts as closed after `closeTimeoutMs`, even if the other side does not
   * answer.
   */
  function shut(code?: number): void {
    ws.close(code)
    closeTimer ??= setTimeout(() => end(1006, 'no answer to the close'), closeTimeoutMs)
  }

  return {
    async hello(token, cursors) {
      // The cast holds because the answer to `hello` is `ready` or an error.
      const frame = { t: 'hello', id: 'hello', token, cursors } as ClientFrame & { id: string }
      return (await ask(frame, { timeoutMs: helloTimeoutMs })) as ServerFrames['ready']
    },
    // The cast holds because every other request is answered by `ok` or an error.
    request: async (frame, onOk) => (await ask(frame, { onOk })) as ServerFrames['ok'],
    post(frame) {
      if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify(frame))
    },
    close: () => shut(closeCodes.normal.code),
    closed,
  }
}

/**
 * Parses a frame. Unknown frames are ignored, so that servers may add new ones. `faultOf` checks
 * the form of known ones.
 */
function parse(text: unknown): ServerFrame | undefined {
  try {
    const value: unknown = JSON.parse(String(text))
    return typeof value === 'object' && value !== null ? (value as ServerFrame) : undefined
  } catch {
    return undefined
  }
}
