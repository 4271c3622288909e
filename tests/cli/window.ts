import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '@fastchat/testkit'
import xterm from '@xterm/headless'
import type { Machine, Running } from './machine.ts'

const rows = 24
const run = promisify(execFile)

/**
 * The window of a terminal, with the rows that have scrolled away. Like most terminals, it joins
 * broken rows when it becomes wider.
 */
export class Window {
  readonly running: Running
  readonly #emulator: xterm.Terminal
  readonly #tty: () => string

  constructor(
    machine: Machine,
    {
      columns = 80,
      env = {},
      inShell = false,
      args = [],
    }: { columns?: number; env?: Record<string, string | undefined>; inShell?: boolean; args?: readonly string[] } = {},
  ) {
    const named = join(machine.folder, `tty-${++opened}`)
    const setUp = `tty > ${named}; stty columns ${columns} rows ${rows}`
    this.running = inShell ? machine.shellInTerminal({ setUp }) : machine.inTerminal(args, env, { setUp })
    this.#tty = () => readFileSync(named, 'utf8').trim()
    this.#emulator = new xterm.Terminal({ cols: columns, rows, scrollback: 1_000, allowProposedApi: true })
    this.running.child.stdout?.on('data', (text: string) => this.#emulator.write(text))
  }

  get text(): string {
    const { active } = this.#emulator.buffer
    const lines = Array.from({ length: active.length }, (_, n) => active.getLine(n)?.translateToString(true) ?? '')
    return lines.join('\n').trimEnd()
  }

  /** Whether the program in the window has asked for bracketed paste. */
  get takesPastes(): boolean {
    return this.#emulator.modes.bracketedPasteMode
  }

  /** The rows that have this text. */
  rowsWith(text: string): string[] {
    return this.text.split('\n').filter((row) => row.includes(text))
  }

  /** Keys as they are, without Enter. */
  press(keys: string): void {
    this.running.child.stdin?.write(keys)
  }

  paste(text: string): void {
    this.press(`\u001b[200~${text}\u001b[201~`)
  }

  /**
   * Resizes the window, as when a person drags it: the emulator has its new size before the command
   * is told.
   */
  async resize(columns: number): Promise<void> {
    this.#emulator.resize(columns, rows)
    await run('stty', ['-F', this.#tty(), 'columns', String(columns)])
  }

  /** Resolves when `text` is in the window exactly this many times. */
  async holds(text: string, times = 1): Promise<void> {
    await eventually(
      () => {
        const found = this.text.split(text).length - 1
        if (found !== times) throw new Error(`"${text}" is ${found} times in the window, not ${times}:\n${this.text}`)
      },
      { timeoutMs: 20_000 },
    )
  }
}

let opened = 0
