import { readdirSync, readFileSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..', '..')
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name))
const pages = ['README.md', 'CONTRIBUTING.md', 'k8s/README.md', ...inDocs.filter((name) => name.endsWith('.md'))]

const read = (page: string) => readFileSync(join(root, page), 'utf8')

/** Returns the targets of the page's links. */
const linksOf = (page: string) => [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)

/** Returns the anchors that GitHub gives the page's headings. */
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

test.each(pages)('every link in %s has a target', async (page) => {
  for (const link of linksOf(page).filter((target) => !/^https?:/.test(target))) {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    await expect(access(join(root, target)), link).resolves.toBeUndefined()
    if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor)
  }
})
