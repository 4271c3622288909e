import { Option, Command as Program } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { environmentHelp, jsonHelp } from './help-texts.ts'
import { type Command, type Given, isForPrograms } from './registry/command.ts'
import { families } from './registry/families.ts'
import { dashed, type Param, writtenName } from './registry/param.ts'

/** A parsed command line. */
export type Asked = {
  readonly command: Command
  readonly given: Given
  readonly json: boolean
  readonly passwordFromStdin: boolean
}

/**
 * Returns a parser of command lines for `commands`. It calls `run` with the parsed command line.
 */
export function createProgram(commands: readonly Command[], run: (asked: Asked) => Promise<void>): Program {
  const program = new Program('fastchat')
    .description('Encrypted chat in the terminal. Without a command: sign up or log in, then chat.')
    .usage('[command] [options]')
    .helpOption('-h, --help', 'show this help')
    .version(manifest.version, '-V, --version', 'show the version')
    .helpCommand(false)
    .addHelpText('after', environmentHelp + jsonHelp)
  const parents = new Map<string, Program>([['', program]])
  for (const command of commands) {
    const parent = parentOf(command, parents)
    parents.set(command.words.join(' '), bind(parent, command, run))
  }
  return program
}

function parentOf({ words }: Command, parents: Map<string, Program>): Program {
  let parent = parents.get('')
  for (const [n, word] of words.slice(0, -1).entries()) {
    const family = words.slice(0, n + 1).join(' ')
    const known: Program | undefined = parents.get(family)
    parent =
      known ??
      parent
        ?.command(word)
        .description(families[family] ?? '')
        .helpOption('-h, --help', 'show this help')
    if (parent) parents.set(family, parent.helpCommand(false))
  }
  if (!parent) throw new Error('no program')
  return parent
}

function bind(parent: Program, command: Command, run: (asked: Asked) => Promise<void>): Program {
  const { words, does, examples, params, needsPassword } = command
  const bound = parent
    .command(words.at(-1) ?? '')
    .description(does)
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', `\nExample:\n  ${examples.join('\n  ')}`)
  const all = Object.entries(params)
  const args = all.filter(([, { kind }]) => kind === 'argument')
  for (const [name, param] of args) bound.argument(usageOf(name, param), param.does)
  for (const [name, param] of all) if (param.kind === 'option') bound.addOption(optionOf(name, param))
  if (isForPrograms(command)) bound.option('--json', 'one JSON object per line')
  if (needsPassword) bound.option('--password-stdin', 'read the password from stdin')
  return bound.action(async () => {
    // The parent's options count, too: a family of commands may be a command itself.
    const { json, passwordStdin, ...written } = bound.optsWithGlobals()
    const words = args.map(([name], n) => [name, bound.processedArgs[n]])
    const options = Object.entries(written).filter(([name]) => Object.hasOwn(params, name))
    const given = Object.fromEntries([...words, ...options].filter(([, value]) => value !== undefined))
    await run({ command, given, json: json === true, passwordFromStdin: passwordStdin === true })
  })
}

function usageOf(name: string, { isGiven, isMany }: Param): string {
  const inner = `${dashed(name)}${isMany ? '...' : ''}`
  return isGiven ? `<${inner}>` : `[${inner}]`
}

function optionOf(name: string, param: Param): Option {
  const { short, value, does, fallback, isNegated } = param
  const label = value.label === '' ? '' : ` <${value.label}>`
  const flags = `${short ? `-${short}, ` : ''}${writtenName(name, param)}${label}`
  const option = new Option(flags, does)
  if (param.isMany) option.argParser((written, before: readonly string[] = []) => [...before, written])
  // The default of --no-wait is clear from its name.
  return fallback === undefined || isNegated ? option : option.default(fallback)
}
