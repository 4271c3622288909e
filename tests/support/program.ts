import { spawn } from 'node:child_process'
import process from 'node:process'
import { eventually } from '@fastchat/testkit'

/** A running program of Node, whose output is kept. */
export type Program = {
  readonly out: () => string
  /** Resolves when the output has `text`. */
  shows(text: string): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** The exit code; null after a kill. */
  readonly ended: Promise<number | null>
}

const running = new Set<Program>()

/** Starts a program with nothing in its environment but `env`. */
export function startProgram(file: string, cwd: string, env: Readonly<Record<string, string>>): Program {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
  const program: Program = {
    out: () => out,
    shows: (text) =>
      eventually(() => {
        if (!out.includes(text)) throw new Error(`${file} does not show "${text}", but: ${out}`)
      }),
    kill: (signal) => void child.kill(signal),
    ended: new Promise((resolve) => child.on('close', resolve)),
  }
  running.add(program)
  void program.ended.then(() => running.delete(program))
  return program
}

/** Kills all programs that still run. */
export async function killPrograms(): Promise<void> {
  for (const program of running) program.kill('SIGKILL')
  await Promise.all([...running].map(({ ended }) => ended))
}
