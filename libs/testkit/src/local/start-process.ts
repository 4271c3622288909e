import { setTimeout as delay } from 'node:timers/promises'
import { lastLines, type OwnedProcess, startOwnedProcess } from './owned-process.ts'

/**
 * The time limit for a program to be ready. It is for programs that hang; one that ends is noticed
 * at once. A busy machine needs minutes.
 */
export const readyLimitMs = 5 * 60_000
/** The time limit for one request to a program that is starting. The request is repeated. */
export const answerLimitMs = 30_000

export type StartProcessOptions = {
  readonly name: string
  /** A TypeScript or JavaScript file, run by the same Node. */
  readonly file: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly logFile?: string | undefined
  readonly onLine?: (line: string) => void
  /** A URL that answers 2xx when the process is ready, or a check that throws until then. */
  readonly readyWhen?: string | (() => Promise<unknown>)
  readonly readyTimeoutMs?: number
}

/**
 * Runs one of our programs as a process and resolves when it is ready. If it ends early or is not
 * ready in time (5 minutes), it is stopped, and the error has its last lines. It gets only `env`
 * and a few inherited variables.
 */
export async function startProcess(options: StartProcessOptions): Promise<OwnedProcess> {
  const { name, file, args = [], readyWhen, readyTimeoutMs = readyLimitMs } = options
  const child = await startOwnedProcess({
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', file, ...args],
    ...(options.env !== undefined && { env: options.env }),
    logFile: options.logFile,
    onLine: options.onLine,
  })
  if (readyWhen === undefined) return child
  const check = typeof readyWhen === 'string' ? () => expectReady(readyWhen) : readyWhen
  try {
    await untilReady(child, check, readyTimeoutMs)
  } catch (error) {
    await child.stop()
    throw error
  }
  return child
}

/** Calls `check` until it does not throw. Throws when `child` has ended or `timeoutMs` is over. */
export async function untilReady(child: OwnedProcess, check: () => Promise<unknown>, timeoutMs: number): Promise<void> {
  const ended = child.exited.then(({ code, signal }) => ({ how: signal ?? `code ${code}` }))
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const attempt = check().then(
      () => 'ready' as const,
      (cause: unknown) => ({ cause }),
    )
    const result = await Promise.race([attempt, ended])
    if (result === 'ready') return
    if ('how' in result) {
      throw new Error(`${child.name} ended (${result.how}) before it was ready\n${lastLines(child.output())}`)
    }
    if (performance.now() >= deadline) {
      throw new Error(`${child.name} is not ready after ${timeoutMs} ms\n${lastLines(child.output())}`, result)
    }
    await delay(30)
  }
}

async function expectReady(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerLimitMs) })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
}
