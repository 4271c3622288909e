import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@fastchat/testkit'

const cli = join(import.meta.dirname, '..', '..', 'apps', 'cli')
/** The program that `npx fastchat` runs. */
const launcher = [join(cli, 'bin', 'fastchat.mjs')]
/** The time for a command on a busy machine. A command that hangs fails its test. */
const limitMs = 90_000

const password = 'correct horse battery staple'

export type Ran = {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** The objects that --json printed. */
  readonly objects: readonly Readonly<Record<string, unknown>>[]
}

/** A running command. */
export type Running = {
  readonly child: ChildProcess
  out(): string
  err(): string
  type(line: string): void
  /** Resolves when stdout and stderr together have `text` this many times. */
  shows(text: string, times?: number): Promise<void>
  readonly ended: Promise<Ran>
}

const machines: Machine[] = []

/** The machine of one person: a folder with a home, and commands in it as real processes. */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'fastchat-cli-'))
  readonly home = join(this.folder, 'home')
  readonly #url: string
  readonly #env: Readonly<Record<string, string>>
  readonly #running = new Set<ChildProcess>()

  /** @param env further environment variables of its commands. */
  constructor(url: string, env: Readonly<Record<string, string>> = {}) {
    this.#url = url
    this.#env = env
    machines.push(this)
  }

  /** Makes a machine with a new account on it. */
  static async of(url: string, name: string): Promise<Machine> {
    const machine = new Machine(url)
    await machine.must('signup', name)
    return machine
  }

  start(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Running {
    return this.#spawn([process.execPath, ...launcher, ...args], env)
  }

  /** Starts a command that runs until the machine is closed. */
  keep(...args: readonly string[]): Running {
    return this.#spawn([process.execPath, ...launcher, ...args], {}, { isLimited: false })
  }

  /** Starts a command by a line of the shell, in which `"$@"` is the command. */
  inShell(line: string, args: readonly string[]): Running {
    return this.#spawn(['sh', '-c', line, 'sh', process.execPath, ...launcher, ...args], {})
  }

  /**
   * Starts a command in a new terminal, after the shell has run `setUp`. Its stdout and stderr are
   * the text that the terminal shows.
   */
  inTerminal(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
    { setUp = ':' }: { readonly setUp?: string } = {},
  ): Running {
    const words = [process.execPath, ...launcher, ...args].map((word) => `'${word}'`).join(' ')
    return this.#spawn(['script', '-qec', `${setUp}; exec ${words}`, '/dev/null'], { TERM: 'xterm', ...env })
  }

  /** Starts an interactive shell in a new terminal. It can stop and continue commands. */
  shellInTerminal({ setUp = ':' }: { readonly setUp?: string } = {}): Running {
    return this.#spawn(['script', '-qec', `${setUp}; PS1='$ ' exec sh -i`, '/dev/null'], { TERM: 'xterm' })
  }

  /**
   * Returns the line that starts fastchat in a shell; it writes its process id into a file first.
   */
  lineFor(pidFile: string): string {
    const words = [process.execPath, ...launcher].map((word) => `'${word}'`).join(' ')
    return `sh -c 'echo $$ > ${pidFile}; exec "$@"' sh ${words}`
  }

  /**
   * Runs a command as a user whom file rights bind. Root keeps its name here and loses the
   * capabilities that let it write everywhere, so the test can read the sources.
   */
  async runBoundByRights(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> {
    const drop = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search']
    const bound = process.getuid?.() === 0 ? ['setpriv', ...drop] : []
    const { child, ended } = this.#spawn([...bound, process.execPath, ...launcher, ...args], env)
    child.stdin?.end()
    return await ended
  }

  #spawn(
    words: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
    { isLimited = true } = {},
  ): Running {
    const [program = '', ...args] = words
    const child = spawn(program, args, {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH,
        HOME: this.folder,
        FASTCHAT_URL: this.#url,
        FASTCHAT_HOME: this.home,
        FASTCHAT_PASSWORD: password,
        ...this.#env,
        ...env,
      },
    })
    this.#running.add(child)
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.stdin.on('error', () => {})
    const timer = isLimited ? setTimeout(() => child.kill('SIGKILL'), limitMs) : undefined
    const ended = new Promise<Ran>((resolve) => {
      child.on('close', (code) => {
        clearTimeout(timer)
        this.#running.delete(child)
        resolve({ code, out, err, objects: args.includes('--json') ? parseLines(out) : [] })
      })
    })
    return {
      child,
      ended,
      out: () => out,
      err: () => err,
      type: (line) => void child.stdin.write(`${line}\n`),
      shows: (text, times = 1) =>
        eventually(
          () => {
            const found = `${out}${err}`.split(text).length - 1
            if (found < times) throw new Error(`"${text}" is ${found} times in: ${out}${err}`)
          },
          { timeoutMs: 30_000 },
        ),
    }
  }

  /** Runs a command to its end with nothing to read. */
  async run(...args: readonly string[]): Promise<Ran> {
    return await this.runWith({}, ...args)
  }

  async runWith(env: Readonly<Record<string, string | undefined>>, ...args: readonly string[]): Promise<Ran> {
    const { child, ended } = this.start(args, env)
    child.stdin?.end()
    return await ended
  }

  /** Runs a command, and throws unless it succeeds. */
  async must(...args: readonly string[]): Promise<Ran> {
    const ran = await this.run(...args)
    if (ran.code !== 0) throw new Error(`fastchat ${args.join(' ')} ended with ${ran.code}: ${ran.out}${ran.err}`)
    return ran
  }

  /** Returns the texts of a chat, as history prints them. */
  async texts(to: string): Promise<unknown[]> {
    const { objects } = await this.must('history', to, '--json')
    return objects.filter(({ type }) => type === 'message').map(({ text }) => text)
  }

  close(): void {
    for (const child of this.#running) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Ends the commands that tests left running, and deletes the homes. */
export function closeMachines(): void {
  for (const machine of machines.splice(0)) machine.close()
}

const parseLines = (out: string): Readonly<Record<string, unknown>>[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
