import { limitWork } from '../limit-work.ts'

/** Each holds a piece in memory. */
const maxAtOnce = 3
/** The failures that are kept for callers that come late. */
const maxFailures = 100

type Running = { readonly done: Promise<void>; cancel(): void }

/** A caller's own signal, and the one that aborts when the device stops. */
type Signals = { readonly outer: AbortSignal | undefined; readonly stopping: AbortSignal }

/** The files under way in this process, each by its id. A few run at a time, and others wait. */
export class RunningFiles<Id> {
  readonly #running = new Map<Id, Running>()
  readonly #limit = limitWork(maxAtOnce)
  /** The errors of the last files that failed. */
  readonly #failures = new Map<Id, Error>()

  has(id: Id): boolean {
    return this.#running.has(id)
  }

  /**
   * Runs one file to its end.
   *
   * @param work gets a signal that aborts when it must end, and one for a person's cancel only
   */
  start(
    id: Id,
    { outer, stopping }: Signals,
    work: (signal: AbortSignal, cancels: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const cancelling = new AbortController()
    const cancels = outer ? AbortSignal.any([outer, cancelling.signal]) : cancelling.signal
    const signal = AbortSignal.any([cancels, stopping])
    const run = () => work(signal, cancels).finally(() => this.#running.delete(id))
    const done = this.#limit(run, signal)
    this.#running.set(id, { done, cancel: () => cancelling.abort() })
    return done
  }

  /** Resolves when a file under way has ended. @throws the error with which it failed */
  async ended(id: Id): Promise<void> {
    await this.#running.get(id)?.done
  }

  /** Cancels a file. Resolves when it has ended, and returns whether it was under way. */
  async cancel(id: Id): Promise<boolean> {
    const running = this.#running.get(id)
    running?.cancel()
    await running?.done.catch(() => {})
    return running !== undefined
  }

  /** Resolves when all files have ended. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ done }) => done))
  }

  failureOf(id: Id): Error | undefined {
    return this.#failures.get(id)
  }

  forgetFailure(id: Id): void {
    this.#failures.delete(id)
  }

  keepFailure(id: Id, error: Error): void {
    this.#failures.set(id, error)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > maxFailures && oldest !== undefined) this.#failures.delete(oldest)
  }
}
