import type { Clock } from '@fastchat/clock'
import { fromBase64Url } from '@fastchat/schema'
import { isTemporary, ServerError } from '../errors.ts'
import { pause } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import type { Identity } from '../store/records.ts'
import { OwnExchange, type OwnExchangePort } from './own-exchange.ts'
import type { OwnRows } from './own-rows.ts'

export type OwnSyncPort = OwnExchangePort & {
  isOnline(): boolean
  /** Reports an error that no caller awaits. */
  failed(error: Error): void
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** The delay before changes are stored at the server. Changes during the delay go with them. */
const soonMs = 300
/** The least time between two stores, so that reading a busy chat costs one request a second. */
const betweenMs = 1_000
/** The pause before a failed store is tried again while this device is online. */
const againMs = 5_000

/** Keeps the own records of this device and of the server in step. */
export class OwnSync {
  readonly #rows: OwnRows
  readonly #port: OwnSyncPort
  readonly #exchange: OwnExchange | undefined
  readonly #serial = new Serial()
  #hurry = new AbortController()
  #waiting: Promise<void> | undefined
  #isQueued = false
  #lastAt = Number.NEGATIVE_INFINITY

  constructor({ userId, stateKey }: Pick<Identity, 'userId' | 'stateKey'>, rows: OwnRows, port: OwnSyncPort) {
    this.#rows = rows
    this.#port = port
    // A device that logged in before accounts had a state key takes part after its next login.
    if (stateKey !== undefined)
      this.#exchange = new OwnExchange({ stateKey: fromBase64Url(stateKey), userId }, rows, port)
    rows.on('changed', () => {
      if (rows.hasNews) this.#later(soonMs)
    })
  }

  /** Returns whether a request or a write is under way. */
  get isBusy(): boolean {
    return !this.#serial.isIdle
  }

  /** Synchronises after a connection. */
  async connected(dbEpoch: string): Promise<void> {
    // A device may be stopped and started again.
    if (this.#hurry.signal.aborted) this.#hurry = new AbortController()
    this.#exchange?.connectedTo(dbEpoch)
    await this.sync().catch(this.#failed)
  }

  /** Synchronises because a pod said that another device has stored something. */
  async pushed(): Promise<void> {
    await this.sync().catch(this.#failed)
  }

  /**
   * Reads what other devices changed, and stores what this one did. A call before an earlier one
   * has begun does nothing.
   *
   * @throws the error of the request when the server does not answer
   */
  async sync(): Promise<void> {
    const exchange = this.#exchange
    if (!exchange || this.#isQueued) return
    this.#isQueued = true
    await this.#serial.run(async () => {
      this.#isQueued = false
      this.#lastAt = this.#port.clock.monotonicMs()
      try {
        await exchange.run()
      } catch (error) {
        if (isTemporary(error)) this.#later(Math.max(againMs, error instanceof ServerError ? (error.retryMs ?? 0) : 0))
        throw error
      }
    })
  }

  /** Goes on after `stop`. */
  start(): void {
    if (this.#hurry.signal.aborted) this.#hurry = new AbortController()
  }

  /**
   * Stores pending changes if the server can be reached. Resolves when this object no longer uses
   * the store.
   */
  async stop(): Promise<void> {
    this.#hurry.abort()
    await this.#rows.idle()
    await this.#waiting
    if (this.#port.isOnline() && this.#rows.hasNews) await this.sync().catch(this.#failed)
    await this.#serial.idle()
    await this.#rows.idle()
  }

  #later(waitMs: number): void {
    const { signal } = this.#hurry
    if (this.#waiting || signal.aborted || !this.#exchange) return
    const untilMs = this.#lastAt + betweenMs - this.#port.clock.monotonicMs()
    this.#waiting = pause(Math.max(waitMs, untilMs), signal).then(async () => {
      this.#waiting = undefined
      // The next connection, or `stop`, stores the rest.
      if (!signal.aborted && this.#port.isOnline() && this.#rows.hasNews) await this.sync().catch(this.#failed)
    })
  }

  readonly #failed = (error: Error): void => {
    // A server of the version before keeps no own records. A full one has been told already.
    const isKnown = error instanceof ServerError && (error.code === 'not_found' || error.code === 'records_full')
    if (!isTemporary(error) && !isKnown) this.#port.failed(error)
  }
}
