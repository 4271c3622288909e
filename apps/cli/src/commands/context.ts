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
  /** Closes the session if it is open: its home is about to change. */
  closeSession(): Promise<void>
  /** The password, as it was given or is typed. @throws {CliError} `usage` when there is none. */
  password(use: 'new' | 'known'): Promise<string>
  /** Troubles go to `out` from now on: a screen shows them in its own place. */
  tellTroubles(out: Output): void
  /** The keys of the terminal on stdin, from the first call to the end of the command. */
  keyboard(): Keyboard
  /** Aborts when the person or the system wants the command to end. */
  readonly signal: AbortSignal
  /** What comes after this command may begin: its place in the order is settled, and it only waits now. */
  endTurn(): void
}

/** How long a command that needs an answer waits for a pod. */
export const patienceMs = 3_000
