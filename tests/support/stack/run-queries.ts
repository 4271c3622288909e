import pg from 'pg'

/** Runs a query on the database, behind the services' backs. */
export async function runQuery(
  databaseUrl: string,
  query: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  client.on('error', () => undefined) // The running query rejects, too.
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(query, values)).rows
  } finally {
    await client.end()
  }
}

/** Calls `work` while a transaction holds the rows that `query` locks. */
export async function whileHolding(databaseUrl: string, query: string, work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('begin')
    await client.query(query)
    await work()
  } finally {
    await client.end()
  }
}
