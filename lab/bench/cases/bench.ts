import type { Options } from '../options.ts'

export type Bench = {
  readonly options: Options
  /** Tells the person who waits what goes on. */
  readonly say: (line: string) => void
  /** The person does not want to wait any longer. */
  readonly signal: AbortSignal
}
