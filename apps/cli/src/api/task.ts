import { CliError, exitCodes } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import type { Command } from '../registry/command.ts'
import type { Request } from './request.ts'

/**
 * A request that runs. It begins after `before`, and resolves `turn` when the next one may begin.
 */
export class Task {
  readonly command: Command
  readonly turn: Promise<void>
  readonly #endTurn: () => void
  readonly #before: Promise<void>
  readonly #stop = new AbortController()
  #isRunning = false

  constructor(command: Command, before: Promise<void>) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.command = command
    this.turn = promise
    this.#endTurn = resolve
    this.#before = before
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  cancel(): void {
    this.#stop.abort()
  }

  /** Runs the request to its end. @throws {CliError} `cancelled`, or the error of the command. */
  async run(context: Context, { args }: Request): Promise<void> {
    const signal = AbortSignal.any([context.signal, this.#stop.signal])
    const cancelled = whenAborted(signal)
    try {
      await Promise.race([this.#before, cancelled])
      this.#isRunning = true
      if (this.command.where === 'follow') this.#endTurn()
      await Promise.race([this.command.run({ ...context, signal, endTurn: this.#endTurn }, args), cancelled])
    } finally {
      // A request that was cancelled before its turn waits for the turn, and passes it on.
      void this.#before.then(this.#endTurn)
    }
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(new CliError('cancelled', 'Cancelled', exitCodes.interrupted))
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return promise
}
