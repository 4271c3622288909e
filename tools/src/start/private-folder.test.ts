import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { eventually, freePort, startOwnedProcess } from '@fastchat/testkit'
import { expect, onTestFinished, test } from 'vitest'

const run = promisify(execFile)
const checkout = join(import.meta.dirname, '../../..')
/** A copy of these would be a copy of secrets, and of what no start reads. */
const left = ['.data', '.git']
/** For a busy machine. */
const limitMs = 5 * 60_000

/** A clone as in root's home: a whole one, for a link out of it would show nothing. Files are linked where the disk is the same. */
async function cloneInPrivate(): Promise<string> {
  const names = (await readdir(checkout)).filter((name) => !left.includes(name))
  const sources = names.map((name) => join(checkout, name))
  for (const [place, option] of [
    [tmpdir(), '-al'],
    [dirname(checkout), '-al'],
    [tmpdir(), '-a'],
  ] as const) {
    const folder = await mkdtemp(join(place, 'fastchat-private-')).catch(() => undefined)
    if (folder === undefined) continue
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await chmod(folder, 0o700)
    const clone = join(folder, 'fastchat')
    await mkdir(clone)
    const isCopied = await run('cp', [option, ...sources, clone]).then(
      () => true,
      () => false,
    )
    if (isCopied) return clone
    await rm(folder, { recursive: true, force: true })
  }
  throw new Error('there is no room for a copy of the checkout')
}

test('npm start works in a folder that only its owner may enter', { timeout: 2 * limitMs }, async () => {
  const cwd = await cloneInPrivate()
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
