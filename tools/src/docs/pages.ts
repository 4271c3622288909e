import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..', '..')

/** Folders that hold no pages of ours: packages, data, builds. */
const foreign = /(^|\/)(node_modules|\.[\w-]+|dist[\w-]*|generated)(\/|$)/

/** The paths of all Markdown pages of the repository, from its root. */
export const pages: readonly string[] = globSync('**/*.md', { cwd: root, exclude: (path) => foreign.test(path) })
  .filter((path) => !foreign.test(path))
  .toSorted()

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8')

/** Returns the page without its blocks of code and without its generated tables. */
export const proseOf = (page: string): string =>
  readPage(page)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/<!-- ([\w-]+): generated[\s\S]*?<!-- \/\1 -->/g, '')

/** Returns what stands between backquotes in the page's prose. */
export const codeIn = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
