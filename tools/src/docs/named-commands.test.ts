import { type Command, commands, dashed, families } from '@fastchat/cli/registry'
import { expect, test } from 'vitest'
import { pages, readPage } from './pages.ts'

/** The options that every command of some kind has. */
const common = ['--json', '--help', '--password-stdin', '--version', '-n']
/** The command that `fastchat` without a command runs. */
const chat = commands.filter(({ words }) => words[0] === 'chat')

/**
 * Returns the commands that a page shows: `fastchat …` in code marks, and at the beginning of lines
 * of code.
 */
function linesOf(page: string): readonly string[] {
  const text = readPage(page)
  const blocks = [...text.matchAll(/^```(?:sh)?\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) => block.split('\n'))
  const spans = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  return (
    [...blocks, ...spans]
      .map((line) => line.replace(/\s#\s.*|\s{3,}.*/, ''))
      // Labels of signatures and keys begin with the same word: `fastchat name v1`.
      .filter((line) => /^(npx )?fastchat( |$)/.test(line) && !/ v?\d$| signal key$/.test(line))
      .flatMap((line) => partsOf(line.replace(/^(npx )?fastchat ?/, '')))
  )
}

/** Splits `group add A · remove B` into the commands that it lists. */
function partsOf(line: string): readonly string[] {
  const [first = '', ...others] = line.split(' · ')
  const [family = ''] = first.split(' ')
  return [first, ...others.map((other) => (Object.hasOwn(families, family) ? `${family} ${other}` : other))]
}

const isWritten = (command: Command, words: readonly string[]): boolean =>
  command.words.every((word, n) => word === words[n])

/** Returns what is wrong with the words after `fastchat`. Undefined: there is such a command. */
function problemOf(line: string): string | undefined {
  const words = line.split(/\s+/).filter((word) => word !== '')
  const [first = ''] = words
  // Options or nothing: the interactive mode. COMMAND: any command.
  const isChat = !/^[a-z][a-z-]+$/.test(first)
  const found = isChat ? chat : commands.filter((command) => isWritten(command, words))
  const isFamily = Object.hasOwn(families, first) && !/^[a-z]/.test(words[1] ?? '')
  if (found.length === 0 && !isFamily) return `no command: ${line}`
  const known = found.flatMap(({ params }) =>
    Object.entries(params).map(([name, { isNegated }]) => `--${isNegated ? 'no-' : ''}${dashed(name)}`),
  )
  const options = [...line.matchAll(/(?<=^|[\s[])--[a-z][a-z-]+/g)].map(([option]) => option)
  const unknown = options.filter((option) => !known.includes(option) && !common.includes(option))
  return unknown.length === 0 ? undefined : `no option ${unknown.join(', ')}: ${line}`
}

test.each(pages)('%s names only commands and options that exist', (page) => {
  const problems = linesOf(page).map((line) => problemOf(line))
  expect(problems.filter((problem) => problem !== undefined)).toEqual([])
})

test('a command and an option that do not exist are noticed', () => {
  expect(problemOf('sned bob')).toContain('no command')
  expect(problemOf('group make trip')).toContain('no command')
  expect(problemOf('group --help')).toBeUndefined()
  expect(problemOf('send bob --picture x')).toContain('no option --picture')
  expect(linesOf('README.md').length).toBeGreaterThan(20)
})
