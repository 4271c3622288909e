/**
 * The time after which a stopped process goes on without SIGCONT. The system does not stop a
 * process outside a shell's job control.
 */
const goOnMs = 200

type SuspensionEvents = {
  /** Gives the terminal back: the process stops right after this. */
  stop(): void
  /** Takes the terminal again. */
  goOn(): void
}

/**
 * Gives the terminal back while a shell has stopped this process, as by Ctrl-Z, and takes it again
 * at `fg`.
 */
export class Suspension {
  readonly #events: SuspensionEvents
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(events: SuspensionEvents) {
    this.#events = events
    process.on('SIGTSTP', this.#stop)
    process.on('SIGCONT', this.#goOn)
  }

  /** Stops every process of this job, as the terminal does at Ctrl-Z. */
  suspendJob(): void {
    process.kill(0, 'SIGTSTP')
  }

  close(): void {
    clearTimeout(this.#timer)
    process.off('SIGTSTP', this.#stop)
    process.off('SIGCONT', this.#goOn)
  }

  readonly #stop = (): void => {
    this.#events.stop()
    // Without a handler the signal stops the process, if a shell can continue it.
    process.off('SIGTSTP', this.#stop)
    this.#timer = setTimeout(this.#goOn, goOnMs)
    process.kill(process.pid, 'SIGTSTP')
  }

  readonly #goOn = (): void => {
    clearTimeout(this.#timer)
    process.off('SIGTSTP', this.#stop)
    process.on('SIGTSTP', this.#stop)
    this.#events.goOn()
  }
}
