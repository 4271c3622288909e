import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const file = join(import.meta.dirname, 'shift-clock.mjs')

/**
 * Returns the environment of a Node process whose wall clock is `ms` ahead. A negative `ms` puts it
 * behind.
 */
export const shiftedClock = (ms: number) => ({
  NODE_OPTIONS: `--import=${pathToFileURL(file)}`,
  CLOCK_SHIFT_MS: String(ms),
})
