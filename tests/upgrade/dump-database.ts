import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'

/**
 * Tables that are not copied. They hold hints that pods need for a second, with transaction ids of
 * the server that wrote them.
 */
const leftOut = ['append_feed']

/**
 * Returns SQL that fills an empty database with the same contents: the migrations of the checkout
 * in `folder`, then every row. The embedded PostgreSQL has no pg_dump.
 */
export async function dumpDatabase(databaseUrl: string, folder: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const values = async (query: string) =>
      (await client.query<{ value: string }>(query)).rows.map(({ value }) => value)
    const tables = await values(`
      select relname as value from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`)
    const statements = [
      ...(await migrationsOf(folder)),
      `truncate ${tables.map((name) => `"${name}"`).join(', ')}`, // migrations write rows, too
      'set session_replication_role = replica', // rows come in any order
    ]
    for (const table of tables.filter((name) => !leftOut.includes(name))) {
      const [rows] = await values(`select json_agg(t)::text as value from "${table}" t`)
      if (!rows) continue
      const literal = `'${rows.replaceAll("'", "''")}'`
      const target = `"${table}" overriding system value`
      statements.push(`insert into ${target} select * from json_populate_recordset(null::"${table}", ${literal})`)
    }
    const positions = await values(`
      select format('select setval(%L, %s)', format('%I', sequencename), last_value) as value
      from pg_sequences where schemaname = 'public' and last_value is not null`)
    return `${[...statements, ...positions, 'set session_replication_role = origin'].join(';\n')};\n`
  } finally {
    await client.end()
  }
}

async function migrationsOf(folder: string): Promise<string[]> {
  const path = join(folder, 'prisma', 'migrations')
  const names = (await readdir(path)).sort()
  const scripts = await Promise.all(names.map((name) => readFile(join(path, name, 'migration.sql'), 'utf8')))
  // Prisma makes the table with these columns.
  return [
    `create table _prisma_migrations (
      id varchar(36) primary key not null, checksum varchar(64) not null, finished_at timestamptz,
      migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
      started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`,
    ...scripts,
  ]
}
