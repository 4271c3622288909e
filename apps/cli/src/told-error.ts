import type { CommanderError } from 'commander'
import { type CliError, usageError } from './cli-error.ts'
import { closest } from './registry/closest.ts'
import type { Command } from './registry/command.ts'
import { extraWords } from './registry/extra-words.ts'
import { secondWords, unknownCommand } from './registry/unknown-command.ts'
import { safeName } from './text/safe-text.ts'

/**
 * Returns the parser's error in words for people, with what to type. Undefined: the parser only
 * showed what was asked for, such as the help.
 */
export function toldError(
  error: CommanderError,
  commands: readonly Command[],
  words: readonly string[],
): CliError | undefined {
  return error.exitCode === 0 ? undefined : usageError(tell(error, commands, words))
}

function tell({ code, message }: CommanderError, commands: readonly Command[], words: readonly string[]): string {
  if (code === 'commander.help') return 'The command group needs a second word. See: fastchat group --help'
  if (code === 'commander.unknownCommand') return unknownCommand(commands, words)
  if (code === 'commander.excessArguments') return tooManyWords(commands, words)
  const [said = ''] = message.replace(/^error: /, '').split('\n')
  const meant = /\(Did you mean (?:one of )?(-[\w-]+)/.exec(message)?.[1]
  const sentence = `${said.charAt(0).toUpperCase()}${said.slice(1).replace(/\.*$/, '')}`
  return `${safeName(sentence)}. ${meant ? mean(meant) : 'See: fastchat --help'}`
}

function tooManyWords(commands: readonly Command[], words: readonly string[]): string {
  const [first = '', second = ''] = words
  const command = commandOf(commands, words)
  const seconds = command?.words.length === 1 ? secondWords(commands, first) : []
  const meant = closest(second, seconds)
  if (meant) return `Too many words after ${first}. ${mean(`fastchat ${first} ${meant}`)}`
  return command ? extraWords(command, words) : 'Too many words. See: fastchat --help'
}

/** Returns the command with the most words that the command line begins with. */
const commandOf = (commands: readonly Command[], words: readonly string[]): Command | undefined =>
  commands
    .filter((command) => command.words.every((word, at) => words[at] === word))
    .toSorted((a, b) => b.words.length - a.words.length)[0]

const mean = (what: string): string => `Did you mean: ${what}`
