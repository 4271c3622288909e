import { safeName } from '../text/safe-text.ts'
import { closest } from './closest.ts'
import type { Command } from './command.ts'

/** The letters of an unknown command that are repeated. */
const maxShownLetters = 40

/** Returns the message for a command that does not exist, with the most similar one. */
export function unknownCommand(commands: readonly Command[], words: readonly string[], program = 'fastchat '): string {
  const [first = '', second = ''] = words
  const family = secondWords(commands, first).length > 0 ? [first] : []
  const unknown = family.length > 0 ? second : first
  const candidates = family.length > 0 ? secondWords(commands, first) : commands.map(({ words: [word = ''] }) => word)
  const meant = closest(unknown, candidates)
  const what = safeName([...family, unknown].join(' ').slice(0, maxShownLetters))
  const advice = meant ? `Did you mean: ${program}${[...family, meant].join(' ')}` : 'See: fastchat --help'
  return `There is no command ${what}. ${advice}`
}

/** Returns the second words of the commands with this first word. */
export const secondWords = (commands: readonly Command[], family: string): string[] =>
  commands.flatMap(({ words: [first, second] }) => (first === family && second !== undefined ? [second] : []))
