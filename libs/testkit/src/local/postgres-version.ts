import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OperatorError } from './operator-error.ts'

const run = promisify(execFile)

/** Returns the major version of a PostgreSQL program, such as `18`. */
async function majorOfProgram(program: string): Promise<string> {
  const { stdout } = await run(program, ['--version'])
  return /\b(\d+)\.\d+/.exec(stdout)?.[1] ?? stdout.trim()
}

/**
 * Returns the major version of the PostgreSQL that made `dataDir`, or undefined if there is no
 * data.
 */
export async function majorOfData(dataDir: string): Promise<string | undefined> {
  const text = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined)
  return text?.trim()
}

/**
 * Throws an OperatorError if another major version made `dataDir`, since PostgreSQL cannot read it.
 * The message names both versions and the command to run.
 */
export async function expectSameMajor(dataDir: string, program: string): Promise<void> {
  const [made, ours] = await Promise.all([majorOfData(dataDir), majorOfProgram(program)])
  if (made === undefined || made === ours) return
  throw new OperatorError(
    `the data in ${dataDir} are of PostgreSQL ${made}, and this FastChat brings PostgreSQL ${ours}: run npm start -- --upgrade-data once. It copies the data and keeps the old folder. The FastChat that you had before still reads it`,
  )
}
