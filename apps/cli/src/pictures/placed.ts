import type { Drawing } from './pixels.ts'

/**
 * Returns codes that draw a picture on new rows, and end below it. The rows are made first: a
 * picture that begins at the end of the screen would be cut.
 */
export const placed = ({ codes, rows }: Drawing): string =>
  `${'\n'.repeat(rows)}\u001b[${rows}A\r\u001b7${codes}\u001b8\u001b[${rows}B\r`
