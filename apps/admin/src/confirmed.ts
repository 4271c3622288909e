import { createInterface } from 'node:readline/promises'
import { AdminError, usageError } from './admin-error.ts'

/**
 * Resolves when the person at the terminal has typed `word`. @throws AdminError for other input, or
 * without a terminal
 */
export async function confirmed(word: string, question: string): Promise<void> {
  const { stdin: input, stderr: output } = process
  if (!input.isTTY) throw usageError(`${question}, or say --yes`)
  const terminal = createInterface({ input, output })
  try {
    if ((await terminal.question(`${question}: `)) !== word) throw new AdminError('not_confirmed', 'Nothing was done')
  } finally {
    terminal.close()
  }
}
