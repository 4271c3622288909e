import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { installPackage, type Package } from './install-package.ts'
import { OperatorError } from './operator-error.ts'

const run = promisify(execFile)

/**
 * Returns the result of `find`. If there is none, `wanted` is installed first. Throws
 * OperatorError.
 */
export async function findOrInstall(
  wanted: Package,
  find: () => Promise<string | undefined>,
  log: (line: string) => void = () => undefined,
): Promise<string> {
  const found = await find()
  if (found !== undefined) return found
  await installPackage(wanted, log)
  const installed = await find()
  if (installed === undefined)
    throw new OperatorError(`${wanted.name} was installed, but does not run: ${wanted.byHand}`)
  return installed
}

/**
 * Returns the first of these names or paths that runs. `flag` makes the program print its version
 * and end.
 */
export async function firstThatRuns(names: readonly string[], flag = '--version'): Promise<string | undefined> {
  for (const name of names) {
    const runs = await run(name, [flag]).then(
      () => true,
      () => false,
    )
    if (runs) return name
  }
  return undefined
}
