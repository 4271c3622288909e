import { safeText } from './text/safe-text.ts'

/** The exit codes of the process. Codes from 64 up are those of sysexits.h, except 130. */
export const exitCodes = { failed: 1, usage: 64, noService: 69, adminsOnly: 77, interrupted: 130 } as const

/** An error that a person reads as one line, and a script by its code. */
export class CliError extends Error {
  override name = 'CliError'
  readonly code: string
  readonly exitCode: number

  constructor(code: string, message: string, exitCode: number = exitCodes.failed, options?: ErrorOptions) {
    super(safeText(message), options) // a server may have written parts of the message
    this.code = code
    this.exitCode = exitCode
  }
}

export const usageError = (message: string): CliError => new CliError('usage', message, exitCodes.usage)
