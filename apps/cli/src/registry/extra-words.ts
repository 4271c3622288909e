import type { Command } from './command.ts'
import { type Param, writtenName } from './param.ts'
import { shellWords } from './shell-words.ts'

/** A longer text is shown as an ellipsis: the line stays short. */
const maxShownLetters = 200

/**
 * Returns the message for a command line with more words than the command takes. It ends with the
 * command to type: the words that belong together are in quotes there.
 *
 * The words of a command that asks for a password are not repeated: one of them may be it.
 * @param words the whole command line, without the program.
 */
export function extraWords(command: Command, words: readonly string[]): string {
  const { positional, options } = separate(command, words.slice(command.words.length))
  const name = command.words.join(' ')
  const args = Object.entries(command.params).filter(([, { kind }]) => kind === 'argument')
  const takes = args.map(([arg, param]) => writtenName(arg, param))
  const what = takes.length === 0 ? 'no further words' : takes.join(' and ')
  if (command.needsPassword) {
    const asked = 'The password is never an argument: run the command without it, and you are asked'
    return `Too many words: fastchat ${name} takes ${what}. ${asked}`
  }
  const spaced = args.findIndex(([, { mayHaveSpaces }]) => mayHaveSpaces)
  const inQuotes = joined(positional, args.length, spaced)
  const typed = shellWords([...command.words, ...inQuotes, ...options])
  if (spaced < 0) return `Too many words: fastchat ${name} takes ${what}. Type: fastchat ${typed}`
  return `Too many words: fastchat ${name} takes ${what}. Put ${takes[spaced]} in quotes: fastchat ${typed}`
}

/** Joins the words that are too many into the argument at `spaced`; without one, drops them. */
function joined(words: readonly string[], count: number, spaced: number): readonly string[] {
  if (spaced < 0) return words.slice(0, count)
  const extra = words.length - count
  const together = words.slice(spaced, spaced + extra + 1).join(' ')
  const text = together.length > maxShownLetters ? '…' : together
  return [...words.slice(0, spaced), text, ...words.slice(spaced + extra + 1)]
}

/** Tells arguments from options and the values of options. After `--` all words are arguments. */
function separate({ params }: Command, words: readonly string[]) {
  const positional: string[] = []
  const options: string[] = []
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') positional.push(...rest.splice(0))
    else if (word === '-' || !word.startsWith('-')) positional.push(word)
    else {
      options.push(word)
      if (takesValue(params, word)) options.push(...rest.splice(0, 1))
    }
  }
  return { positional, options }
}

function takesValue(params: Readonly<Record<string, Param>>, word: string): boolean {
  const found = Object.entries(params).find(
    ([name, param]) => param.kind === 'option' && [writtenName(name, param), `-${param.short}`].includes(word),
  )
  return found !== undefined && found[1].value.label !== ''
}
