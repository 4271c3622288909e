import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const maxOutputBytes = 64 * 1024 * 1024
const execute = promisify(execFile)

export type CommandOptions = {
  readonly cwd?: string
  readonly timeoutMs?: number
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a program and returns its output without the last line end. @throws Error with the program's
 * stderr
 */
export async function command(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { cwd, timeoutMs = 60_000, env = {} } = options
  try {
    const { stdout } = await execute(file, args, {
      maxBuffer: maxOutputBytes,
      timeout: timeoutMs,
      env: { ...process.env, ...env },
      ...(cwd !== undefined && { cwd }),
    })
    return stdout.trimEnd()
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as { stderr?: string; stdout?: string; message: string } // execFile rejects with these
    throw new Error(`${file} ${args[0]}: ${stderr.trim().slice(-4_000) || stdout.trim().slice(-4_000) || message}`, {
      cause: error,
    })
  }
}

/** Runs a program and returns whether it succeeds. */
export async function succeeds(file: string, args: readonly string[], options: CommandOptions = {}): Promise<boolean> {
  return await command(file, args, options).then(
    () => true,
    () => false,
  )
}
