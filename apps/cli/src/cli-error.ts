import { safeText } from './text/safe-text.ts'

/** What the process ends with; 64 and up as in sysexits.h. */
export const exitCodes = { failed: 1, usage: 64, noService: 69, adminsOnly: 77, interrupted: 130 } as const

/** Something that a person is told in one line, and a script by its code. */
export class CliError extends Error {
  override name = 'CliError'
  readonly code: string
  readonly exitCode: number

  constructor(code: string, message: string, exitCode: number = exitCodes.failed, options?: ErrorOptions) {
    super(safeText(message), options) // some of the words come from a server
    this.code = code
    this.exitCode = exitCode
  }
}

export const usageError = (message: string): CliError => new CliError('usage', message, exitCodes.usage)
