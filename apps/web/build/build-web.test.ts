import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { buildWeb } from './build-web.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** The things that a page is built from. An image has no more. */
const inputs = ['apps/web', 'libs/client', 'libs/clock', 'libs/crypto', 'libs/schema', 'patches']
const isInput = (path: string) => !/\/(?:dist|node_modules|testing)(?:\/|$)|\.test\.tsx?$/.test(path.slice(root.length))

test('two builds in two folders have the same bytes, and the manifest names them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-another-place-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const input of inputs) await cp(join(root, input), join(folder, input), { recursive: true, filter: isInput })
  for (const file of ['package.json', 'package-lock.json']) await cp(join(root, file), join(folder, file))
  await linkPackages(folder)
  const script = join(folder, 'apps', 'web', 'build', 'main.ts')
  // An environment that differs changes nothing.
  const env = { ...process.env, NODE_ENV: 'development' }
  await promisify(execFile)(process.execPath, [script, join(folder, 'page')], { env })
  const here = await filesOf(await buildWeb())
  expect(here.size).toBeGreaterThan(10)
  expect(await filesOf(join(folder, 'page'))).toEqual(here)
}, 120_000)

/** Links the installed packages, and the workspaces to their copies. */
async function linkPackages(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  await cp(join(root, 'node_modules', '@fastchat'), join(modules, '@fastchat'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  for (const name of await readdir(join(root, 'node_modules')))
    if (name !== '@fastchat') await symlink(join(root, 'node_modules', name), join(modules, name))
}

async function filesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile())
  const paths = names.map(({ parentPath, name }) => join(parentPath, name)).toSorted()
  const hashes = paths.map(async (path) => {
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    return [path.slice(folder.length), hash] as const
  })
  return new Map(await Promise.all(hashes))
}
