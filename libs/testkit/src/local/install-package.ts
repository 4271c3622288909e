import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { OperatorError } from './operator-error.ts'

/**
 * A program with its names in the package managers. Of several names, the first that can be
 * installed is taken.
 */
export type Package = {
  readonly name: string
  readonly apt: string
  readonly dnf: readonly [string, ...string[]]
  /** The arguments of `brew install`. */
  readonly brew: readonly string[]
  /** The instruction to install it by hand, which ends a sentence. */
  readonly byHand: string
}

type Installer = { readonly tool: string; readonly needsRoot: boolean; readonly steps: readonly (readonly string[])[] }

const run = promisify(execFile)
const installTimeoutMs = 5 * 60_000
/** The time to wait while another process holds the lock of the package manager. */
const lockedForMs = 3 * 60_000
const askAgainMs = 2_000

/**
 * The environment of package managers. Debian would start a Redis after installing it; RUNLEVEL=1
 * prevents that.
 */
const quiet = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }

const installersOf = ({ apt, dnf, brew }: Package): readonly Installer[] => [
  {
    tool: 'apt-get',
    needsRoot: true,
    steps: [
      ['apt-get', 'update', '-qq'],
      ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', apt],
    ],
  },
  { tool: 'dnf', needsRoot: true, steps: [['sh', '-c', dnf.map((name) => `dnf install -y -q ${name}`).join(' || ')]] },
  { tool: 'brew', needsRoot: false, steps: [['brew', 'install', ...brew]] },
]

/**
 * Installs a program with the machine's package manager and logs that. Throws OperatorError with an
 * instruction to install it by hand.
 */
export async function installPackage(wanted: Package, log: (line: string) => void): Promise<void> {
  const { name, byHand } = wanted
  for (const { tool, needsRoot, steps } of installersOf(wanted)) {
    if (!(await works(tool, ['--version']))) continue
    const prefix = needsRoot ? await rootPrefix() : []
    if (prefix === undefined) continue
    log(`Installing ${name} with ${tool} (once) …`)
    try {
      for (const step of steps) await runStep([...prefix, ...step])
    } catch (cause) {
      throw new OperatorError(`${tool} could not install ${name}: ${reason(cause)}. To go on, ${byHand}`, { cause })
    }
    return
  }
  throw new OperatorError(`${name} is not installed: ${byHand}`)
}

/**
 * Returns the command that runs another as root without asking for a password, or undefined if
 * there is none.
 */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return ['env', ...settings()]
  return (await works('sudo', ['-n', 'true'])) ? ['sudo', '-n', 'env', ...settings()] : undefined
}

const settings = () => Object.entries(quiet).map(([name, value]) => `${name}=${value}`)

/**
 * Runs one command, and again while another process holds a lock. apt-get itself does not wait for
 * the lock of its package lists.
 */
async function runStep([command = '', ...args]: readonly string[]): Promise<void> {
  for (const deadline = performance.now() + lockedForMs; ; await delay(askAgainMs))
    try {
      await run(command, args, { timeout: installTimeoutMs, maxBuffer: 16 * 1024 * 1024 })
      return
    } catch (error) {
      const { stderr = '' } = error as { stderr?: string } // The error of execFile has it.
      if (!/(get|acquire|to) lock/i.test(stderr) || performance.now() > deadline) throw error
    }
}

async function works(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  )
}

/** Returns the last line that the tool wrote to stderr. */
function reason(cause: unknown): string {
  // execFile rejects with an Error that carries stderr.
  const { stderr = '', message } = cause as Error & { stderr?: string }
  return (stderr.trim() || message).split('\n').at(-1) ?? ''
}
