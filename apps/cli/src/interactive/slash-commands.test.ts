import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands } from '../registry/commands.ts'
import { writtenName } from '../registry/param.ts'
import { runRegistered, slashable } from './run-registered.ts'
import { slashCommands } from './slash-commands.ts'
import { slashHelp, slashNames } from './slash-help.ts'

const slashes = { own: slashCommands, registered: slashable(commands) }
const written = new Set(commands.map(({ words }) => words.join(' ')))

/** The commands of the command line for slash commands that have another name there. */
const otherNames: Readonly<Record<string, string>> = {
  ...{ open: 'chat', more: 'history', groups: 'group list', group: 'group create', recovery: 'recovery status' },
  ...{ add: 'group add', remove: 'group remove', promote: 'group promote', demote: 'group demote' },
  ...{ members: 'group members', elect: 'group elect', transfer: 'group transfer', rename: 'group rename' },
  ...{ topic: 'group topic', picture: 'group picture', rules: 'group rules', ban: 'group remove' },
  ...{ bans: 'group bans', unban: 'group unban', share: 'group share', leave: 'group leave' },
  ...{ image: 'send', file: 'send', readd: 'group readd', account: 'account delete' },
}

test('each slash command is also a command of the command line', () => {
  const alone = Object.keys(slashCommands).filter((name) => !written.has(otherNames[name] ?? name))
  expect(alone).toEqual([])
})

test('each command for programs is also a slash command, and help names all', () => {
  const outside = commands
    .filter((command) => !slashable(commands).includes(command))
    .map(({ words }) => words.join(' '))
  expect(outside).toEqual(['signup', 'login', 'tail', 'chat', 'api', 'completion', 'help'])
  const help = slashHelp(slashes, [])
  for (const name of slashNames(slashes)) expect(help).toContain(`/${name}`)
  expect(slashHelp(slashes, ['whoami'])).toContain('/whoami')
  expect(() => slashHelp(slashes, ['nothing'])).toThrow('There is no /nothing')
})

test('a wrong slash command says what to type, and runs nothing', async () => {
  const run = (...words: string[]) =>
    // The casts hold because nothing runs.
    runRegistered({} as never, { messageOf: (text: string) => text }, slashes.registered, words)
  await expect(run('nothing')).rejects.toThrow('There is no /nothing')
  await expect(run('login', 'ann')).rejects.toThrow('Leave the chat for this')
  await expect(run('sessions', 'end', 'x', 'y')).rejects.toMatchObject({ code: 'usage' })
  await expect(run('receipts', '--nonsense')).rejects.toMatchObject({ code: 'usage' })
})

test('the page about the interactive mode names every option of it, and the keys that help names', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'cli.md'), 'utf8')
  const chat = commands.find(({ words }) => words[0] === 'chat')
  const options = Object.entries(chat?.params ?? {}).filter(([, { kind }]) => kind === 'option')
  for (const [name, param] of options) expect(page).toContain(writtenName(name, param))
  for (const key of ['up arrow', 'Esc', 'Ctrl-O', 'Ctrl-P', 'Tab']) {
    expect(page).toContain(key)
    expect(slashHelp(slashes, []).toLowerCase()).toContain(key.toLowerCase())
  }
  for (const [, name = ''] of page.matchAll(/`\/([a-z]+)[ `]/g))
    if (name !== 'bin') expect(slashNames(slashes)).toContain(name)
})
