import type { Options } from '../options.ts'

export type Bench = {
  readonly options: Options
  /** Prints a line about the progress to the terminal. */
  readonly say: (line: string) => void
  /** Aborts when the run is interrupted. */
  readonly signal: AbortSignal
}
