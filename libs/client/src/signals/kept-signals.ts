import { pause } from '../net/backoff.ts'
import type { Connection } from '../net/connection.ts'
import { Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

type KeptSignalsDeps = {
  readonly store: Store
  readonly connection: Pick<Connection, 'request' | 'isOnline'>
  readonly isOpen: () => boolean
  /** Resolves when the log has been read: receipts are judged by it. */
  readonly untilSettled: (signal: AbortSignal) => Promise<void>
  /** Resolves when the signals that came have been opened. */
  readonly untilOpened: () => Promise<void>
  readonly onError: (error: Error) => void
}

/** A pod stores kept signals once a second. So a device asks again after this time. */
const secondLookMs = 3_000

/** Asks the server for the signals that it kept while this device was away. */
export class KeptSignals {
  readonly #deps: KeptSignalsDeps
  #run: AbortController | undefined
  #firstRead = Promise.withResolvers<void>()

  constructor(deps: KeptSignalsDeps) {
    this.#deps = deps
  }

  /** Handles the end of a connection's backlog. */
  synced(): void {
    this.#begin()
  }

  /** Asks for all of them again. */
  again(): void {
    this.#deps.store
      .write(new Batch().remove('meta', 'signalsSince').writes)
      .then(() => this.#begin())
      .catch(this.#deps.onError)
  }

  /** Resolves when the first look has ended, whether it was answered or not. */
  async whenRead(signal?: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
    if (!signal?.aborted) await Promise.race([this.#firstRead.promise, aborted])
  }

  stop(): void {
    this.#run?.abort()
    this.#firstRead.resolve()
  }

  #begin(): void {
    this.#run?.abort()
    const run = new AbortController()
    this.#run = run
    this.#look(run.signal).catch(this.#deps.onError)
  }

  async #look(signal: AbortSignal): Promise<void> {
    await this.#deps.untilSettled(signal)
    await this.#ask(signal)
    this.#firstRead.resolve()
    await pause(secondLookMs, signal)
    await this.#ask(signal)
  }

  /** Asks the server once. A failed try costs nothing: the next connection asks for the same. */
  async #ask(signal: AbortSignal): Promise<void> {
    const { store, connection, isOpen, untilOpened } = this.#deps
    if (signal.aborted || !isOpen()) return
    const since = (await getRecord<number>(store, 'meta', 'signalsSince')) ?? 0
    const answer = await connection.request({ t: 'signals', id: 'signals', since }).catch(() => undefined)
    await untilOpened()
    if (answer?.at === undefined || signal.aborted) return
    await store.write(new Batch().put('meta', 'signalsSince', answer.at).writes)
  }
}
