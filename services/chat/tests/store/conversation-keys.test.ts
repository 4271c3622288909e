import { openPool } from '@fastchat/db'
import { testDatabase } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { createConversationKeys } from '../../src/store/conversation-keys.ts'
import { type Seeded, seedConversations } from './seed.ts'

const database = await testDatabase()
const pool = openPool(database.url, { maxConnections: 1, applicationName: 'test', onIdleError: () => undefined })
afterAll(async () => {
  await pool.end()
  await database.drop()
})

test('a full cache makes room without dropping keys of the same request', async () => {
  const seeded = await seedConversations(pool, { conversations: 3, devices: 1 })
  const [a, b, c] = seeded as [Seeded, Seeded, Seeded]
  const keys = createConversationKeys(pool, 2)
  await keys.load([a.conversation, b.conversation])
  await keys.load([c.conversation, a.conversation])
  expect(seeded.map(({ conversation }) => keys.get(conversation))).toEqual([a.key, undefined, c.key])
})
