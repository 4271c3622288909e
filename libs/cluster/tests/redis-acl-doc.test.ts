import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { redisAcl, redisUsers } from '../src/redis-acl.ts'

test.each([
  ['one server', false],
  ['a cluster', true],
])('the documentation has the exact users for %s', async (_, isCluster) => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/redis-postgres.md'), 'utf8')
  const lines = redisUsers.map((user) => `user ${user} on >PASSWORD ${redisAcl(user, { isCluster }).join(' ')}`)
  expect(page).toContain(`\`\`\`\n${lines.join('\n')}\n\`\`\``)
})
