import type { Clock } from '@fastchat/clock'
import type { HomeSession } from '../chat/home-session.ts'
import type { Environment } from '../environment.ts'
import type { Keyboard } from '../terminal/keyboard.ts'
import type { Output } from '../text/output.ts'

/**
 * `new`: the first password of an account. `known`: the present one. `next`: the one that replaces
 * it. `recovery`: the recovery key.
 */
export type PasswordUse = 'new' | 'known' | 'next' | 'recovery'

/** The things that every command works with. */
export type Context = {
  readonly env: Environment
  readonly out: Output
  readonly clock: Clock
  /** Returns a random number from 0 to below 1. */
  readonly random: () => number
  /** Returns the signed-in device. The first call opens it; the end of the command closes it. */
  session(): Promise<HomeSession>
  /** Closes the session if it is open. A command calls this before it changes the home. */
  closeSession(): Promise<void>
  /** Returns the given password, or asks for it. @throws {CliError} `usage` when there is none. */
  password(use: PasswordUse): Promise<string>
  /** Sends troubles to `out` from now on. A screen shows them among its lines. */
  tellTroubles(out: Output): void
  /** Returns the keys of the terminal on stdin. They are read from the first call on. */
  keyboard(): Keyboard
  /** Aborts when a person or the system ends the command. */
  readonly signal: AbortSignal
  /**
   * Lets the next request begin. A command calls this when its place in the order is certain and it
   * only waits.
   */
  endTurn(): void
}

/** The time that a command waits for a pod when it needs an answer. */
export const patienceMs = 3_000
