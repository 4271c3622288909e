import pg from 'pg'

/** Tables that change later by themselves: read positions are written after everything else. */
const late = ['device_cursor']

export type DatabaseDigest = {
  /**
   * Returns a digest of the rows of each table. Two digests are equal when nothing was changed
   * between them.
   */
  take(): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export async function openDatabaseDigest(url: string): Promise<DatabaseDigest> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const tables = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> all ($1)`,
    [late],
  )
  const names = tables.rows.map(({ name }) => name)
  for (const known of ['user', 'message', 'attachment_chunk'])
    if (!names.includes(known)) throw new Error(`there is no table ${known}`)
  const digests = names.map(
    (name) => `(select md5(coalesce(string_agg(t::text, ';' order by t::text), '')) from "${name}" t) as "${name}"`,
  )
  return {
    take: async () => (await client.query<Record<string, unknown>>(`select ${digests.join(', ')}`)).rows[0] ?? {},
    close: () => client.end(),
  }
}
