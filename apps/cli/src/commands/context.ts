import type { Session } from '../chat/session.ts'
import type { Environment } from '../environment.ts'
import type { Keyboard } from '../terminal/keyboard.ts'
import type { Output } from '../text/output.ts'

/** What every command works with. */
export type Context = {
  readonly env: Environment
  readonly out: Output
  /** The signed-in device; opened when first asked for, closed when the command has ended. */
  session(): Promise<Session>
  /** Troubles go to `out` from now on: a screen shows them in its own place. */
  tellTroubles(out: Output): void
  /** The keys of the terminal on stdin, from the first call to the end of the command. */
  keyboard(): Keyboard
  /** Aborts when the person or the system wants the command to end. */
  readonly signal: AbortSignal
}

/** How long a command that needs an answer waits for a pod. */
export const patienceMs = 3_000
