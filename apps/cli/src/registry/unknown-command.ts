import { safeName } from '../text/safe-text.ts'
import { closest } from './closest.ts'
import type { Command } from './command.ts'

/** More of it is not repeated. */
const maxShownLetters = 40

/** What to say of a command that does not exist, with the one that was probably meant. */
export function unknownCommand(commands: readonly Command[], words: readonly string[], program = 'fastchat '): string {
  const [first = '', second = ''] = words
  const family = secondWords(commands, first).length > 0 ? [first] : []
  const unknown = family.length > 0 ? second : first
  const candidates = family.length > 0 ? secondWords(commands, first) : commands.map(({ words: [word = ''] }) => word)
  const meant = closest(unknown, candidates)
  const what = safeName([...family, unknown].join(' ').slice(0, maxShownLetters))
  const advice = meant ? `Did you mean: ${program}${[...family, meant].join(' ')}` : 'See: fastchat --help'
  return `Not understood: ${what}. ${advice}`
}

/** What may follow the first word of a command. */
export const secondWords = (commands: readonly Command[], family: string): string[] =>
  commands.flatMap(({ words: [first, second] }) => (first === family && second !== undefined ? [second] : []))
