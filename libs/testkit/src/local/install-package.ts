import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { OperatorError } from './operator-error.ts'

/** A program as the package managers know it: of several names, the first that can be installed. */
export type Package = {
  readonly name: string
  readonly apt: string
  readonly dnf: readonly [string, ...string[]]
  /** Arguments of `brew install`. */
  readonly brew: readonly string[]
  /** What to do by hand; ends a sentence. */
  readonly byHand: string
}

type Installer = { readonly tool: string; readonly needsRoot: boolean; readonly steps: readonly (readonly string[])[] }

const run = promisify(execFile)
const installTimeoutMs = 5 * 60_000
/** Whoever else is installing is let finish. */
const lockedForMs = 3 * 60_000
const askAgainMs = 2_000

/** Debian starts a Redis of its own when it installs one; RUNLEVEL=1 tells it that services are not wanted now. */
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

/** Installs a program with the machine's own package manager and says so. Throws OperatorError with what to do by hand. */
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

/** How to get root without asking anybody; undefined if there is no way. */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return ['env', ...settings()]
  return (await works('sudo', ['-n', 'true'])) ? ['sudo', '-n', 'env', ...settings()] : undefined
}

const settings = () => Object.entries(quiet).map(([name, value]) => `${name}=${value}`)

/** apt-get waits for some of its locks when told to, and not for that of its lists. */
async function runStep([command = '', ...args]: readonly string[]): Promise<void> {
  for (const deadline = performance.now() + lockedForMs; ; await delay(askAgainMs))
    try {
      await run(command, args, { timeout: installTimeoutMs, maxBuffer: 16 * 1024 * 1024 })
      return
    } catch (error) {
      const { stderr = '' } = error as { stderr?: string } // as execFile rejects
      if (!/(get|acquire|to) lock/i.test(stderr) || performance.now() > deadline) throw error
    }
}

async function works(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  )
}

/** The last line of what the tool wrote to stderr. */
function reason(cause: unknown): string {
  // execFile rejects with an Error that carries stderr.
  const { stderr = '', message } = cause as Error & { stderr?: string }
  return (stderr.trim() || message).split('\n').at(-1) ?? ''
}
