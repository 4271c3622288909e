import type { Bounds } from './bounds.ts'
import type { ClientProcess } from './clients/client-process.ts'
import type { Installation, InstallationOptions } from './installation.ts'
import type { LoadOptions } from './load.ts'

export type World = {
  readonly installation: Installation
  readonly clients: readonly ClientProcess[]
  readonly random: () => number
  /**
   * Injects a fault while `during` runs, and records it in the history. `mend` runs in any case.
   */
  fault(kind: string, target: string, during: () => Promise<unknown>, mend?: () => unknown): Promise<void>
  /** The folder for files of the case. */
  readonly folder: string
  say(line: string): void
  /** Returns how many messages were acked so far. */
  acked(): Promise<number>
  /** Resolves when `messages` more are acked. This shows that a case goes on under load. */
  untilAcked(messages: number): Promise<void>
  pause(ms: number): Promise<void>
  /** Resolves when `check` no longer throws. */
  until(check: () => Promise<void> | void): Promise<void>
}

export type FaultCase = {
  /** The id in the catalogue of docs/reliability.md. */
  readonly id: string
  readonly title: string
  /** True if every test run includes the case. */
  readonly isStarred?: boolean
  readonly installation?: InstallationOptions
  readonly load?: Partial<LoadOptions> & { readonly perSecond?: number }
  /** Bounds of a case that needs more than others. */
  readonly bounds?: Partial<Bounds>
  /**
   * Runs under load, on a healthy installation. The harness mends afterwards what it leaves broken.
   * Throws when a promise does not hold.
   */
  readonly run: (world: World) => Promise<void>
}
