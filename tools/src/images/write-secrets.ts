// The first container of compose.yaml. It makes the secrets of an installation at the first start,
// and keeps them afterwards.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RedisPasswords, redisAclFile, redisUrlOf, redisUsers } from '@fastchat/cluster'
import { ensureFile, ensureSecrets, newKey } from '../start/secrets.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: write-secrets.ts <folder>')
await ensureSecrets(folder)
const secret = async (name: string) => await readFile(await ensureFile(join(folder, name), newKey), 'utf8')
const postgresPassword = await secret('postgres-password')
await ensureFile(join(folder, 'database-url'), () => `postgresql://fastchat:${postgresPassword}@postgres:5432/fastchat`)

const made = redisUsers.map(async (user) => [user, await secret(`redis-${user}-password`)])
const passwords = Object.fromEntries(await Promise.all(made)) as RedisPasswords // one for each user
for (const user of redisUsers) {
  await ensureFile(join(folder, `redis-${user}-url`), () => redisUrlOf('redis://redis:6379', user, passwords[user]))
}
// This file is written at each start: another version of FastChat may need other rights.
const users = join(folder, 'redis-users.acl')
await writeFile(`${users}.new`, redisAclFile(passwords, { isCluster: false }), { mode: 0o600 })
await rename(`${users}.new`, users)
