import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { pages, readPage, root } from './pages.ts'

/** Returns the targets of the page's links. */
const linksOf = (page: string) => [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)

/** Returns the anchors that GitHub gives the page's headings. */
const anchorsOf = (page: string) =>
  [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

test('the pages of all folders are found, and no others', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['README.md', 'apps/cli/README.md', 'docs/adr/README.md', 'examples/echo-bot/README.md']),
  )
  expect(pages.filter((page) => page.includes('node_modules'))).toEqual([])
})

test.each(pages)('every link in %s has a target', async (page) => {
  for (const link of linksOf(page).filter((target) => !/^https?:/.test(target))) {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    await expect(access(join(root, target)), link).resolves.toBeUndefined()
    if (anchor !== undefined) expect(anchorsOf(target), link).toContain(anchor)
  }
})
