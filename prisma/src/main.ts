// Prepares the database: `node prisma/src/main.ts roles|migrate|wait`. `roles` runs once for an
// installation, `migrate` before each new version, and `wait` resolves for pods once the migrations
// are done. Each variable may come as NAME_FILE, the path of a file with the value.
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { type Clock, systemClock } from '@fastchat/clock'
import { migrate } from './migrate.ts'
import { createRoles } from './roles.ts'
import { waitForDatabase } from './wait-for-database.ts'
import { waitForMigrations } from './wait-for-migrations.ts'

const log = (line: string): void => console.log(line)

type Options = { readonly log: typeof log; readonly ca: string | undefined; readonly clock: Clock }

const commands: Readonly<Record<string, (url: string, options: Options) => Promise<void>>> = {
  roles: async (url, { ca }) => {
    await createRoles(url, ca)
    log('Give each role a password; the next migrate gives them their rights')
  },
  migrate: async (url, options) => {
    await waitForDatabase(url, options)
    const applied = await migrate(url, options)
    log(applied.length === 0 ? 'Nothing to migrate' : `Applied ${applied.length} migrations`)
  },
  wait: waitForMigrations,
}

try {
  // As process 1, it would otherwise ignore SIGTERM.
  process.on('SIGTERM', () => process.exit(143))
  const command = commands[process.argv[2] ?? '']
  if (command === undefined) throw new Error('usage: main.ts roles|migrate|wait')
  // A migration needs PostgreSQL itself, not a pooler, because its lock belongs to a session.
  const url = (await variable('DIRECT_DATABASE_URL')) ?? (await variable('DATABASE_URL'))
  if (url === undefined) throw new Error('DATABASE_URL or DATABASE_URL_FILE is missing')
  await command(url, { log, ca: await variable('DATABASE_CA'), clock: systemClock })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/** Reads a variable or its file. An empty value counts as unset. */
async function variable(name: string): Promise<string | undefined> {
  const { [name]: value, [`${name}_FILE`]: file } = process.env
  if (value) return value
  if (!file) return undefined
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw new Error(`${name}_FILE names a file that cannot be read`)
  return text.trim() || undefined
}
