import type { CommanderError } from 'commander'
import { type CliError, usageError } from './cli-error.ts'
import { closest } from './registry/closest.ts'
import type { Command } from './registry/command.ts'
import { secondWords, unknownCommand } from './registry/unknown-command.ts'
import { safeName } from './text/safe-text.ts'

/** An error of the parser as people are told it; undefined when it only showed what was asked for. */
export function toldError(
  error: CommanderError,
  commands: readonly Command[],
  words: readonly string[],
): CliError | undefined {
  return error.exitCode === 0 ? undefined : usageError(tell(error, commands, words))
}

function tell({ code, message }: CommanderError, commands: readonly Command[], words: readonly string[]): string {
  if (code === 'commander.help') return 'Which one? See: fastchat group --help'
  if (code === 'commander.unknownCommand') return unknownCommand(commands, words)
  // What follows a command is not repeated: it may be a password that belongs elsewhere.
  const command = /too many arguments for '(.*?)'/.exec(message)?.[1]
  if (command !== undefined) {
    const meant = closest(words[1] ?? '', secondWords(commands, command))
    return `Too many words after ${command}. ${meant ? mean(`fastchat ${command} ${meant}`) : 'See: fastchat --help'}`
  }
  const [said = ''] = message.replace(/^error: /, '').split('\n')
  const meant = /\(Did you mean (?:one of )?(-[\w-]+)/.exec(message)?.[1]
  const sentence = `${said.charAt(0).toUpperCase()}${said.slice(1).replace(/\.*$/, '')}`
  return `${safeName(sentence)}. ${meant ? mean(meant) : 'See: fastchat --help'}`
}

const mean = (what: string): string => `Did you mean: ${what}`
