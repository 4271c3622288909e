// The first container of compose.yaml: makes the secrets of an installation at its first start and leaves them alone afterwards.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureFile, ensureSecrets, newKey } from '../start/secrets.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: write-secrets.ts <folder>')
const { redisPassword } = await ensureSecrets(folder)
const postgresPassword = await readFile(await ensureFile(join(folder, 'postgres-password'), newKey), 'utf8')
await ensureFile(join(folder, 'database-url'), () => `postgresql://fastchat:${postgresPassword}@postgres:5432/fastchat`)
await ensureFile(join(folder, 'redis-url'), () => `redis://:${redisPassword}@redis:6379`)
