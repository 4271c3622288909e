import { openPool } from '@fastchat/db'
import { testDatabase } from '@fastchat/testkit'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { assertIsolation } from '../../src/store/assert-isolation.ts'

const database = await testDatabase()
afterAll(() => database.drop())

test('a pod starts only if a transaction sees all commits before its lock', async () => {
  const plain = new pg.Pool({ connectionString: database.url, max: 1 })
  const name = new URL(database.url).pathname.slice(1)
  await assertIsolation(plain)
  await plain.query(`alter database "${name}" set default_transaction_isolation = 'repeatable read'`)
  await plain.end()
  // A pooler may ignore settings in the same way.
  const pooled = new pg.Pool({ connectionString: database.url, max: 1 })
  await expect(assertIsolation(pooled)).rejects.toThrow('default_transaction_isolation is repeatable read')
  await pooled.end()
  const own = openPool(database.url, { maxConnections: 1, applicationName: 'test', onIdleError: () => undefined })
  await assertIsolation(own)
  await own.end()
})
