import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findOrInstall } from './find-program.ts'
import type { Package } from './install-package.ts'
import { OperatorError } from './operator-error.ts'

const run = promisify(execFile)
/** The time limit for `--version`, which takes seconds on a busy machine. */
const versionTimeoutMs = 60_000

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * The package of Chromium. On Ubuntu, apt has only a stub that needs snap, so it cannot be
 * installed there.
 */
const chromium: Package = {
  name: 'Chromium',
  apt: 'chromium',
  dnf: ['chromium'],
  brew: ['--cask', 'google-chrome'],
  byHand: 'install Chromium or Chrome, or set CHROMIUM to its program',
}

/**
 * Returns the path or command of a Chromium or Chrome: `CHROMIUM` of the environment, or an
 * installed one. If there is none, it is installed with the machine's package manager. Throws
 * OperatorError.
 */
export async function chromiumProgram(log: (line: string) => void): Promise<string> {
  const given = process.env.CHROMIUM
  if (given) {
    if (await isBrowser(given)) return given
    throw new OperatorError(`CHROMIUM=${given} is not a Chromium or Chrome that runs`)
  }
  return await findOrInstall(chromium, findChromium, log)
}

async function findChromium(): Promise<string | undefined> {
  for (const name of names) if (await isBrowser(name)) return await pathOf(name)
  return undefined
}

/**
 * Resolves true if the program prints the version of a browser. Its exit code is not enough:
 * Ubuntu's stub for the snap has the same name.
 */
const isBrowser = (name: string): Promise<boolean> =>
  run(name, ['--version'], { timeout: versionTimeoutMs }).then(
    ({ stdout }) => /^(Chromium|Google Chrome)/m.test(stdout),
    () => false,
  )

/** Returns the path of a command on PATH. Some callers need a path instead of a name. */
const pathOf = async (name: string): Promise<string> => (await run('sh', ['-c', 'command -v "$0"', name])).stdout.trim()
