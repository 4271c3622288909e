import type { Bounds } from './bounds.ts'
import type { ClientProcess } from './clients/client-process.ts'
import type { Installation, InstallationOptions } from './installation.ts'
import type { LoadOptions } from './load.ts'

export type World = {
  readonly installation: Installation
  readonly clients: readonly ClientProcess[]
  readonly random: () => number
  /** Breaks something for as long as `during` runs, and has the history say so. `mend` runs in any case. */
  fault(kind: string, target: string, during: () => Promise<unknown>, mend?: () => unknown): Promise<void>
  /** Where the case may write. */
  readonly folder: string
  say(line: string): void
  /** Messages acked so far. */
  acked(): Promise<number>
  /** Until so many more messages are acked; the test of a case that goes on under load. */
  flows(messages: number): Promise<void>
  pause(ms: number): Promise<void>
  /** Until `check` stops throwing. */
  until(check: () => Promise<void> | void): Promise<void>
}

export type FaultCase = {
  /** As in the catalogue of docs/reliability.md. */
  readonly id: string
  readonly title: string
  /** One of those that every test run has. */
  readonly isStarred?: boolean
  readonly installation?: InstallationOptions
  readonly load?: Partial<LoadOptions> & { readonly perSecond?: number }
  /** Where a case needs more than others. */
  readonly bounds?: Partial<Bounds>
  /** Under load, with everything whole; what it leaves broken is mended afterwards. Throws when something does not hold. */
  readonly run: (world: World) => Promise<void>
}
