import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export type Ran = {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The rows that --json printed. */
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** Returns the variables that the command inherits: no others may matter to it. */
const inherited = () => ({ PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE })

const launcher = join(import.meta.dirname, '..', '..', 'apps', 'admin', 'bin', 'fastchat-admin.mjs')

/** Runs the operator's command to its end. */
export async function runAdmin(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> {
  return await new Promise((resolve) => {
    const options = { env: { ...inherited(), ...env }, encoding: 'utf8' } as const
    const child = execFile(process.execPath, [launcher, ...args], options, (_, out, err) => {
      const lines = args.includes('--json') ? out.split('\n').filter((line) => line !== '') : []
      resolve({ code: child.exitCode ?? -1, out, err, rows: lines.map((line) => JSON.parse(line)) })
    })
  })
}

/** Runs the operator's command in a terminal and answers its only question. */
export async function answerAdmin(
  env: Readonly<Record<string, string>>,
  answer: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly shown: string }> {
  const command = [process.execPath, launcher, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...inherited(), TERM: 'xterm', ...env },
  })
  let shown = ''
  child.stdout.on('data', (bytes: Buffer) => {
    const isAsked = shown.includes(': ')
    shown += bytes.toString()
    if (!isAsked && shown.includes(': ')) child.stdin.write(`${answer}\n`)
  })
  const [code] = (await once(child, 'exit')) as [number] // it ends by itself
  return { code, shown }
}
