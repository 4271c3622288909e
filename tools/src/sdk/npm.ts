import process from 'node:process'
import { command } from '../images/command.ts'

/** The time for npm on a busy machine. */
const npmMs = 3 * 60_000

/** Runs npm without the network and without scripts of packages. Returns its output. */
export async function npmOffline(cwd: string, args: readonly string[]): Promise<string> {
  const script = process.env.npm_execpath
  const isScript = script?.endsWith('.js') === true
  const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const [file, first] = isScript ? [process.execPath, [script]] : ['npm', []]
  return await command(file, [...first, ...args, ...flags], { cwd, timeoutMs: npmMs })
}
