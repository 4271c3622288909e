import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runAdmin } from './run-admin.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fastchat-keys-'))
  file = join(folder, 'keys.json')
  const key = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'first' }
  writeFileSync(file, JSON.stringify({ keys: [key] }))
  chmodSync(file, 0o640)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs the operator's command for keys. A key's name may begin with a dash. */
const keys = (verb: string, ...args: string[]) =>
  runAdmin(
    {},
    'keys',
    verb,
    ...args.filter((word) => word === '--json'),
    '--',
    ...args.filter((word) => word !== '--json'),
  )
const listed = async () => (await keys('list', file, '--json')).rows.map(({ kid, use }) => `${kid} ${use}`)
const secrets = () => JSON.parse(readFileSync(file, 'utf8')).keys.map(({ d }: { d: string }) => d)

test('a key is added, used 10 minutes later, and replaces the former one; private parts are never shown', async () => {
  const added = await keys('add', file, '--json')
  const kid = String(added.rows[0]?.kid)
  expect(await listed()).toEqual(['first signs', `${kid} verifies`])
  const early = await keys('use', file, kid, '--json')
  expect([early.code, early.rows]).toMatchObject([1, [{ error: { code: 'too_early' } }]])
  utimesSync(file, new Date(), new Date(Date.now() - 11 * 60_000))
  const used = await keys('use', file, kid)
  expect(used.code).toBe(0)
  expect(await listed()).toEqual([`${kid} signs`, 'first verifies'])
  const inUse = await keys('remove', file, kid)
  expect([inUse.code, inUse.err]).toMatchObject([1, expect.stringContaining('signs')])
  const known = secrets()
  const tooEarly = await keys('remove', file, 'first', '--json')
  expect([tooEarly.code, tooEarly.rows]).toMatchObject([1, [{ error: { code: 'too_early' } }]])
  utimesSync(file, new Date(), new Date(Date.now() - 12 * 60_000))
  expect((await keys('remove', file, 'first')).code).toBe(0)
  expect(await listed()).toEqual([`${kid} signs`])
  for (const secret of known)
    expect(`${added.out}${used.out}${inUse.err}${(await keys('list', file)).out}`).not.toContain(secret)
  expect(statSync(file).mode & 0o777).toBe(0o640)
})

test('names that begin with a dash are printed so that they can be copied', async () => {
  const { keys: all } = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(
    file,
    JSON.stringify({
      keys: [
        { ...all[0], kid: '-dashed' },
        { ...all[0], kid: 'second' },
      ],
    }),
  )
  const { out } = await runAdmin({}, 'keys', 'use', file, 'second', '--now')
  const [, ...words] = out.trimEnd().split('\n').at(-1)?.split(' ') ?? []
  expect(words).toEqual(['keys', 'remove', file, '--', '-dashed'])
  utimesSync(file, new Date(), new Date(Date.now() - 12 * 60_000))
  expect(await runAdmin({}, ...words)).toMatchObject({ code: 0, out: 'Removed -dashed\n' })
})

test('a file that is not a key file is refused and not quoted', async () => {
  writeFileSync(file, '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}')
  const ran = await keys('add', file)
  expect([ran.code, ran.err]).toMatchObject([1, expect.stringContaining('not a JWKS')])
  expect(ran.err + ran.out).not.toContain('c2VjcmV0')
})
