import { execFileSync } from 'node:child_process'
import { join, matchesGlob } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..', '..')

type Project = { readonly test: { readonly name: string; readonly include: string[]; readonly exclude?: string[] } }

/** Returns the names of the vitest projects that run `file`. */
function projectsOf(file: string, projects: readonly Project[]): readonly string[] {
  const fits = (globs: readonly string[] = []) => globs.some((glob) => matchesGlob(file, glob))
  return projects.filter(({ test }) => fits(test.include) && !fits(test.exclude)).map(({ test }) => test.name)
}

test('every test file of the tree belongs to one vitest project', async () => {
  const all = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '*.test.ts']
  const files = execFileSync('git', all, { cwd: root, encoding: 'utf8' }).trim().split('\n')
  // The type of vitest's configuration allows more kinds of projects than ours has.
  const { default: config } = (await import(join(root, 'vitest.config.ts'))) as {
    default: { test: { projects: readonly Project[] } }
  }
  const found = files.map((file) => [file, projectsOf(file, config.test.projects)] as const)
  expect(found.filter(([, names]) => names.length !== 1)).toEqual([])
})
