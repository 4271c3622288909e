import type { DataFolder } from './data-folder.ts'
import type { Secrets } from './secrets.ts'
import type { StartConfig } from './start-config.ts'

/** What every step of a start works with. */
export type Run = {
  readonly config: StartConfig
  readonly folder: DataFolder
  readonly secrets: Secrets
  /** Tells the person at the terminal. */
  readonly say: (line: string) => void
  /** Aborts when the person gives up. */
  readonly signal: AbortSignal
  /** How to close what was opened; called newest first. */
  readonly closers: (() => Promise<unknown>)[]
}
