import { join } from 'node:path'
import { freePort, startProcess } from '@fastchat/testkit'

const program = join(import.meta.dirname, '../../services/chat/src/main.ts')

/**
 * Starts a pod with the database that `env` names and returns the error with which it fails to
 * start.
 */
export async function refusedPod(env: Readonly<Record<string, string>>): Promise<string> {
  const adminPort = await freePort()
  const ports = { PORT: '0', ADMIN_PORT: String(adminPort) }
  const away = { REDIS_URL: 'redis://127.0.0.1:1', AUTH_JWKS_URL: 'http://127.0.0.1:1/' }
  return await startProcess({
    name: 'chat',
    file: program,
    env: { ...env, ...ports, ...away, POD_HMAC_KEY: 'k'.repeat(43) },
    readyWhen: `http://127.0.0.1:${adminPort}/livez`,
  }).then(
    (it) => it.stop().then(() => 'it has started'),
    (error: Error) => error.message,
  )
}
