import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, freePort, startOwnedProcess } from '@fastchat/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { cloneCheckout } from '../test/clone-checkout.ts'

/** A limit for a busy machine. */
const limitMs = 5 * 60_000

test('npm start works in a folder that only its owner may enter', { timeout: 2 * limitMs }, async () => {
  // This uses a whole clone, as in root's home. A link out of the folder would prove nothing.
  const { path: cwd, remove } = await cloneCheckout('fastchat')
  onTestFinished(remove)
  const port = await freePort()
  const env = { PORT: String(port), CHAT_PODS: '1' }
  const npm = await startOwnedProcess({ name: 'npm', command: 'npm', args: ['start'], cwd, env })
  await eventually(
    () => expect(npm.output()).toMatch(new RegExp(`FastChat is ready at http://localhost:${port}|can't start`)),
    { timeoutMs: limitMs },
  )
  expect(npm.output()).toContain('FastChat is ready')
  expect((await fetch(`http://localhost:${port}/.well-known/jwks.json`)).status).toBe(200)
  expect(await readFile(join(cwd, '.data', 'postgres', 'PG_VERSION'), 'utf8')).toMatch(/^\d/)
  await npm.stop(limitMs)
  expect(npm.output()).toContain('Stopped. Your data is kept.')
})
