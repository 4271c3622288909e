import type { Clock } from '@fastchat/clock'
import type { DataFolder } from './data-folder.ts'
import type { Secrets } from './secrets.ts'
import type { StartConfig } from './start-config.ts'

/** The values that every step of a start uses. */
export type Run = {
  readonly config: StartConfig
  readonly folder: DataFolder
  readonly secrets: Secrets
  /** Prints a line to the terminal. */
  readonly say: (line: string) => void
  /** Aborts when the user gives up. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Functions that close what was opened. They are called newest first. */
  readonly closers: (() => Promise<unknown>)[]
}
