import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Mutant } from './mutant.ts'

const run = promisify(execFile)
export const root = join(import.meta.dirname, '..', '..', '..')

/**
 * Returns the source with the mutant in it. Throws unless the text to replace occurs once: if the
 * source has changed, the mutant must change, too.
 */
export function mutated({ id, file, find, replace }: Mutant, source: string): string {
  const [before, after, ...more] = source.split(find)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${id}: the text to replace must occur in ${file} exactly once`)
  return `${before}${replace}${after}`
}

/**
 * Copies this checkout: all files that git tracks, and generated code. In node_modules, packages of
 * others are links to those of this checkout, and our packages are those of the copy.
 *
 * @returns the folder of the copy
 */
export async function copyCheckout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-mutants-'))
  const { stdout } = await run('git', ['ls-files', '-z'], { cwd: root, maxBuffer: 16 * 1024 * 1024 })
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(root, file), join(folder, file))
  }
  await cp(join(root, 'prisma', 'generated'), join(folder, 'prisma', 'generated'), { recursive: true })
  const [modules, ours] = [join(root, 'node_modules'), join('node_modules', '@fastchat')]
  await mkdir(join(folder, ours), { recursive: true })
  for (const name of await readdir(modules))
    if (name !== '@fastchat' && !name.startsWith('.vite'))
      await symlink(join(modules, name), join(folder, 'node_modules', name))
  // Each is a relative link, such as ../../libs/….
  for (const name of await readdir(join(root, ours)))
    await symlink(await readlink(join(root, ours, name)), join(folder, ours, name))
  // A workspace has its own packages where others need another version.
  for (const file of stdout.split('\0').filter((name) => name.endsWith('/package.json'))) {
    const nested = join(dirname(file), 'node_modules')
    if (existsSync(join(root, nested))) await symlink(join(root, nested), join(folder, nested))
  }
  return folder
}

/** Runs `use` while the mutant is in the copy. */
export async function withMutant<T>(folder: string, mutant: Mutant, use: () => Promise<T>): Promise<T> {
  const path = join(folder, mutant.file)
  const source = await readFile(path, 'utf8')
  await writeFile(path, mutated(mutant, source))
  try {
    return await use()
  } finally {
    await writeFile(path, source)
  }
}

export const removeCopy = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })
