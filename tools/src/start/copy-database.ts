import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresAccount } from '@fastchat/testkit/local'
import pg from 'pg'

/**
 * Tables that are not copied: the migrations write the first. The second refers to transactions of
 * one server.
 */
const left = ['_prisma_migrations', 'append_feed']

/**
 * Copies every row of a database to another with the same migrations, one table at a time through a
 * file. Then sets the next values of identity columns. Both servers run on this machine under one
 * account, and both URLs are a superuser's. Rows of the target are deleted. Throws if a table has
 * fewer rows afterwards.
 */
export async function copyDatabase(fromUrl: string, toUrl: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-copy-'))
  await (await postgresAccount()).own(folder)
  const [from, to] = [new pg.Client({ connectionString: fromUrl }), new pg.Client({ connectionString: toUrl })]
  try {
    await Promise.all([from.connect(), to.connect()])
    const tables = await tablesOf(from)
    await to.query('begin')
    // Triggers and foreign keys are off meanwhile. In the end all rows are there, or none.
    await to.query('set local session_replication_role = replica')
    if (tables.length > 0) await to.query(`truncate ${tables.map(({ name }) => name).join(', ')}`)
    for (const table of tables) await copyTable(from, to, table, pg.escapeLiteral(join(folder, 'rows')))
    await to.query('commit')
  } finally {
    await Promise.allSettled([from.end(), to.end()])
    await rm(folder, { recursive: true, force: true })
  }
}

type Table = { readonly name: string; readonly columns: string; readonly identities: readonly string[] }

/** Lists the tables with their columns. Names are quoted for SQL. */
async function tablesOf(client: pg.Client): Promise<readonly Table[]> {
  const { rows } = await client.query<Table>(
    `select quote_ident(c.relname) as name,
       string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns,
       coalesce(array_agg(a.attname::text) filter (where pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null), '{}') as identities
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> all ($1)
     group by c.relname order by c.relname`,
    [left],
  )
  return rows
}

async function copyTable(from: pg.Client, to: pg.Client, table: Table, file: string): Promise<void> {
  const { name, columns, identities } = table
  const written = await from.query(`copy (select ${columns} from ${name}) to ${file}`)
  const read = await to.query(`copy ${name} (${columns}) from ${file}`)
  if (written.rowCount !== read.rowCount)
    throw new Error(`${name}: ${read.rowCount} of ${written.rowCount} rows were copied`)
  for (const column of identities) {
    const sequence = [name, column]
    const { rows } = await from.query<{ last: string; called: boolean }>(
      `select last_value::text as last, last_value is not null as called from pg_sequences
       where format('%I.%I', schemaname, sequencename)::regclass = pg_get_serial_sequence($1, $2)::regclass`,
      sequence,
    )
    if (rows[0]?.called)
      await to.query('select setval(pg_get_serial_sequence($1, $2), $3::bigint)', [...sequence, rows[0].last])
  }
}
