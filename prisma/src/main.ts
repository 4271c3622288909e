// `node prisma/src/main.ts migrate|wait`: what runs once before a version starts, and what its pods wait by. DATABASE_URL, or
// DATABASE_URL_FILE with the path of a file that holds it, leads to PostgreSQL itself, not to a pooler.
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { migrate } from './migrate.ts'
import { waitForDatabase } from './wait-for-database.ts'
import { waitForMigrations } from './wait-for-migrations.ts'

const log = (line: string): void => console.log(line)

const commands: Readonly<Record<string, (url: string) => Promise<void>>> = {
  migrate: async (url) => {
    await waitForDatabase(url, log)
    const applied = await migrate(url, { log })
    log(applied.length === 0 ? 'Nothing to migrate' : `Applied ${applied.length} migrations`)
  },
  wait: (url) => waitForMigrations(url, { log }),
}

try {
  // As process 1 there is no default for it.
  process.on('SIGTERM', () => process.exit(143))
  const command = commands[process.argv[2] ?? '']
  if (command === undefined) throw new Error('usage: main.ts migrate|wait')
  await command(await databaseUrl())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function databaseUrl(): Promise<string> {
  const { DATABASE_URL, DATABASE_URL_FILE } = process.env
  const url = DATABASE_URL_FILE === undefined ? DATABASE_URL : (await readFile(DATABASE_URL_FILE, 'utf8')).trim()
  if (!url) throw new Error('DATABASE_URL or DATABASE_URL_FILE is missing')
  return url
}
