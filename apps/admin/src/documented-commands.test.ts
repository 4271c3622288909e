import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from './program.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8')
const section = page.split("## The operator's command\n")[1]?.split('\n### ')[0] ?? ''
/** The words of each command in the first column of the table. */
const documented = [...section.matchAll(/^\| (`.*?`) \| /gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.split(' ')),
)

const leaves = (command: Command, path: readonly string[] = []): readonly (readonly string[])[] =>
  command.commands.length === 0 ? [path] : command.commands.flatMap((child) => leaves(child, [...path, child.name()]))

test('the page of operations has each command of the operator, and no other', () => {
  const known = leaves(createProgram(async () => {}, {})).map((words) => words.join(' '))
  const families = new Set(known.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]))
  const named = documented.map(([first = '', second = '']) => (families.has(first) ? `${first} ${second}` : first))
  expect([...new Set(named)].toSorted()).toEqual(known.toSorted())
})
