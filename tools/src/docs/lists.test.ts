import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { authOperations, balancerOperations, chatOperations } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { knownMetrics } from '../k8s/known-metrics.ts'
import { codeIn, pages, readPage, root } from './pages.ts'

const sectionOf = (page: string, title: string) =>
  readPage(page)
    .split(/^## /m)
    .find((part) => part.startsWith(`${title}\n`)) ?? ''
const firstCells = (text: string) => [...text.matchAll(/^\| (`[^|]+`) \|/gm)].map(([, cell = '']) => cell)
const codesOf = (cells: readonly string[]) =>
  cells.flatMap((cell) => [...cell.matchAll(/`([\w.-]+)(?:\{\w+\})?`/g)].map(([, code = '']) => code))

test('the architecture page has a row for each table of the database, and no other', () => {
  const schema = readFileSync(join(root, 'prisma', 'schema.prisma'), 'utf8')
  const tables = [...schema.matchAll(/@@map\("(\w+)"\)/g)].map(([, table]) => table)
  const named = codesOf(firstCells(sectionOf('docs/architecture.md', 'Data')))
  expect(named.toSorted()).toEqual(tables.toSorted())
})

test('the page of operations lists each metric of the services, and no other', async () => {
  const named = codesOf(firstCells(sectionOf('docs/operations.md', 'Metrics')))
  const own = [...(await knownMetrics())].filter((metric) => /^(chat|auth|balancer|ws)_/.test(metric))
  expect(named.toSorted()).toEqual(own.toSorted())
})

test('the page of operations has each alert with its severity, and no other', () => {
  const rules = readFileSync(join(root, 'k8s', 'components', 'monitoring', 'rules.yaml'), 'utf8')
  const alerts = rules.split('- alert: ').slice(1)
  const expected = alerts.map(
    (alert) => `\`${alert.split('\n')[0]}\`${/severity: critical/.test(alert) ? ' (critical)' : ''}`,
  )
  const rows = [...sectionOf('docs/operations.md', 'Alerts').matchAll(/^\| (`FastChat\w+`[^|]*) \|/gm)]
  expect(rows.map(([, cell = '']) => cell.trim()).toSorted()).toEqual(expected.toSorted())
})

test('the list of decisions has each page, under its title', () => {
  const files = readdirSync(join(root, 'docs', 'adr')).filter((file) => /^\d/.test(file))
  const list = readPage('docs/adr/README.md').replaceAll(/\n {3,4}/g, ' ')
  const rows = [...list.matchAll(/^(\d+)\. \[(.+?)\]\((.+?)\)$/gm)]
  expect(rows.map(([, , , file]) => file)).toEqual(files)
  for (const [, number, title, file] of rows)
    expect(readPage(`docs/adr/${file}`).split('\n')[0]).toBe(`# ${number}. ${title}`)
})

test('the list of test vectors has each file, and no other', () => {
  const folder = join(root, 'docs', 'test-vectors')
  const named = [...readPage('docs/test-vectors/README.md').matchAll(/^\| \[(.+?)\]\(\1\) \|/gm)].map(
    ([, file]) => file,
  )
  expect(named.toSorted()).toEqual(readdirSync(folder).filter((file) => file.endsWith('.json')))
})

test('each REST operation that a page names is in the contract', () => {
  const operations = Object.values({ ...authOperations, ...balancerOperations, ...chatOperations })
  const plain = (path: string) => path.replaceAll(/:\w+/g, ':')
  const known = new Set(operations.map(({ method, path }) => `${method.toUpperCase()} ${plain(path)}`))
  const paths = new Set(operations.map(({ path }) => plain(path)))
  const unknown = pages.flatMap((page) =>
    codeIn(page).flatMap((code) => {
      const [, method, path = ''] = /^(?:(GET|PUT|POST|DELETE|PATCH) )?(\/v1\/[\w/:.-]+)/.exec(code) ?? []
      if (path === '') return []
      const isKnown = method === undefined ? paths.has(plain(path)) : known.has(`${method} ${plain(path)}`)
      return isKnown ? [] : [`${page}: ${code}`]
    }),
  )
  expect(unknown).toEqual([])
})
