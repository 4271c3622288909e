import { type Command, commands, isForPrograms, type Param, writtenName } from '@fastchat/cli/registry'
import { troubleWords } from '@fastchat/client'

const head = `# The commands

Every command of \`fastchat\`, as \`fastchat help COMMAND\` explains it. \`npm run docs:generate\` writes this page from
[the registry](../apps/cli/src/registry/commands.ts). The interactive mode has each of them with a slash
([its own ones](cli.md)), and programs use them by [\`fastchat api\`](../apps/cli/README.md#for-programs-fastchat-api).

Capitals stand for your words, brackets for what may be left out. TO is a user's or a group's name; \`@user\` or
\`#group\` to be exact. MESSAGE is an id, or \`CHAT#SEQ\` such as \`bob#12\`. Commands with a star have \`--json\`. Those
that ask for the password have \`--password-stdin\`.
`

const troublesHead = `## Troubles

A trouble is something that no command of this device has caused. The code is stable, and the words may change. \`{who}\`
stands for a person, \`{whose}\` for a person's or your own.

| code | what happened |
| --- | --- |
`

/**
 * Returns docs/commands.md: every command of the command line, with its arguments and options, and
 * the codes of troubles.
 */
export function commandsPage(): string {
  const sorted = commands.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
  const troubles = Object.entries(troubleWords).map(([code, { says }]) => `| \`${code}\` | ${says} |`)
  return `${head}\n${sorted.flatMap(linesOf).join('\n')}\n\n${troublesHead}${troubles.join('\n')}\n`
}

const nameOf = ({ words }: Command): string => words.join(' ')

function linesOf(command: Command): readonly string[] {
  const { does, params } = command
  const all = Object.entries(params)
  const args = all.filter(([, { kind }]) => kind === 'argument').map(([name, param]) => argumentOf(name, param))
  const usage = ['fastchat', ...command.words, ...args].join(' ')
  const options = all.filter(([, { kind }]) => kind === 'option')
  return [
    `- \`${usage}\`${isForPrograms(command) ? ' ★' : ''}: ${does}`,
    ...options.map(([name, param]) => `    - \`${optionOf(name, param)}\`: ${param.does}${defaultOf(param)}`),
  ]
}

function argumentOf(name: string, param: Param): string {
  const written = `${writtenName(name, param)}${param.isMany ? '…' : ''}`
  return param.isGiven ? written : `[${written}]`
}

function optionOf(name: string, param: Param): string {
  const { short, value, isNegated } = param
  const label =
    value.label === '' || isNegated ? '' : ` ${value.label.includes('|') ? value.label : value.label.toUpperCase()}`
  return `${short ? `-${short}, ` : ''}${writtenName(name, param)}${label}`
}

/** The defaults of switches are clear from their names. */
const defaultOf = ({ fallback }: Param): string =>
  fallback === undefined || typeof fallback === 'boolean' ? '' : `; default ${String(fallback)}`
