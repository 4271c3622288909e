import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { leash } from './leash.ts'

/** The size of the output kept in memory for error messages. The log file has all of it. */
const maxKeptBytes = 64 * 1024

/**
 * The variables that a child inherits. All others are given explicitly, so that a run does not
 * depend on the shell.
 */
const inherited = ['PATH', 'HOME', 'USER', 'TMPDIR', 'TZ', 'LANG', 'NODE_ENV', 'NODE_COMPILE_CACHE']

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type OwnedProcess = {
  readonly name: string
  readonly pid: number
  /** Resolves when the process has ended. Never rejects. */
  readonly exited: Promise<Exit>
  /** Returns the last 64 KiB of stdout and stderr, in the order in which they came. */
  output(): string
  kill(signal?: NodeJS.Signals): void
  /** Sends the stop signal, and SIGKILL after `graceMs`. Resolves when the process has ended. */
  stop(graceMs?: number): Promise<Exit>
}

export type OwnedProcessOptions = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** The path of the log file. Output is appended; the mode is 0600. */
  readonly logFile?: string | undefined
  readonly onLine?: ((line: string) => void) | undefined
  /**
   * The content of stdin; empty by default. A file must stay open only until the process has
   * started.
   */
  readonly stdin?: string | FileHandle
  /**
   * The signal that `stop` and the leash send. For PostgreSQL, SIGINT means a fast and clean
   * shutdown.
   */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT'
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

/**
 * Starts a program that cannot outlive this process (see `leash`). It gets its own process group,
 * so that Ctrl-C reaches only us and we decide the order in which programs stop. Rejects if the
 * program cannot be started.
 */
export async function startOwnedProcess(options: OwnedProcessOptions): Promise<OwnedProcess> {
  const { name, stopSignal = 'SIGTERM', logFile, stdin = '' } = options
  const env: NodeJS.ProcessEnv = {}
  for (const key of inherited) if (process.env[key] !== undefined) env[key] = process.env[key]
  for (const [key, value] of Object.entries(options.env ?? {})) if (value !== undefined) env[key] = value

  const child = spawn(options.command, options.args, {
    stdio: [typeof stdin === 'string' ? 'pipe' : stdin.fd, 'pipe', 'pipe'],
    detached: true,
    env,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
  })
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.on('error', () => undefined) // A failed kill. `exited` says what happened.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(stdin)
  const pid = child.pid
  if (pid === undefined) throw new Error(`${name} has no process id`)
  const letGo = leash(pid, stopSignal)

  let kept = ''
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  log?.on('error', () => undefined) // A full disk must not end the program.
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8')
    stream?.on('data', (text: string) => {
      kept = (kept + text).slice(-maxKeptBytes)
      log?.write(text)
      if (options.onLine) for (const line of text.split('\n')) if (line !== '') options.onLine(line)
    })
  }
  let isRunning = true
  child.once('exit', () => {
    isRunning = false
    letGo()
  })
  child.once('close', () => log?.end())

  return {
    name,
    pid,
    exited,
    output: () => kept,
    kill: (signal = 'SIGTERM') => {
      if (isRunning) child.kill(signal)
    },
    async stop(graceMs = 10_000) {
      if (isRunning) child.kill(stopSignal)
      const insist = setTimeout(() => isRunning && child.kill('SIGKILL'), graceMs)
      try {
        return await exited
      } finally {
        clearTimeout(insist)
      }
    },
  }
}

/** Returns the last lines that a process printed, for an error message. */
export function lastLines(output: string, count = 20): string {
  return output.trimEnd().split('\n').slice(-count).join('\n')
}
