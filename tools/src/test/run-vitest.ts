import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import type { RunReport } from './run-report.ts'

export type VitestRun = {
  /** The folder that vitest runs in. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The path of `reporter.ts`, without characters that mean something in a URL. */
  readonly reporter: string
  /** A path for the report; nothing needs to be there. */
  readonly reportFile: string
}

/**
 * Runs vitest to its end and returns its report, or nothing when it ended without one. SIGINT and
 * SIGTERM are passed on to it.
 */
export async function runVitest(
  args: readonly string[],
  { cwd, env, reporter, reportFile }: VitestRun,
): Promise<{ readonly code: number; readonly report: RunReport | undefined }> {
  await rm(reportFile, { force: true })
  const vitest = spawn('vitest', ['run', '--reporter=default', `--reporter=${reporter}`, ...args], {
    stdio: 'inherit',
    env: { ...env, REPORT_FILE: reportFile },
    cwd,
  })
  const stop = (signal: NodeJS.Signals) => vitest.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  const code = await new Promise<number>((resolve) => vitest.on('close', (status) => resolve(status ?? 1)))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
  const text = await readFile(reportFile, 'utf8').catch(() => '')
  // Our own reporter wrote it.
  return { code, report: text === '' ? undefined : (JSON.parse(text) as RunReport) }
}
