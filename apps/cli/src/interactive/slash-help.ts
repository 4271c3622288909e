import { usageError } from '../cli-error.ts'
import type { Command } from '../registry/command.ts'
import { writtenName } from '../registry/param.ts'
import type { Slash } from './slash.ts'

/** The column in which the explanations begin. */
const usageColumns = 26

const row = (usage: string, does: string): string =>
  usage.length < usageColumns ? `${usage.padEnd(usageColumns)}${does}` : `${usage}  ${does}`

/** The slash commands: those made for the chat, and all others of the command line. */
export type Slashes = { readonly own: Readonly<Record<string, Slash>>; readonly registered: readonly Command[] }

/** Returns the list of slash commands, or the help of the one with these words. */
export function slashHelp({ own, registered }: Slashes, words: readonly string[]): string {
  if (words.length > 0) return helpOf({ own, registered }, words)
  const others = registered.filter(({ words: [first = ''] }) => !Object.hasOwn(own, first))
  return [
    ...Object.values(own).map(({ usage, does }) => row(usage, does)),
    ...others.map((command) => row(usageOf(command), command.does)),
    row('/help [COMMAND]', 'show this list, or explain a command'),
    row('/quit', 'send the waiting messages, then end (also Ctrl-D)'),
    'Anything else goes to the open chat; // begins a message with a slash. A pasted text is one message.',
    'Keys: up arrow in an empty line edits your last message, Esc cancels that, Ctrl-O opens another chat and',
    'keeps what you have typed as a draft, Ctrl-P brings back what you typed before, Tab completes.',
  ].join('\n')
}

function helpOf({ own, registered }: Slashes, words: readonly string[]): string {
  const [first = ''] = words
  const name = first.replace(/^\//, '')
  const slash = Object.hasOwn(own, name) ? own[name] : undefined
  if (slash) return row(slash.usage, slash.does)
  const found = registered.filter((command) =>
    [name, ...words.slice(1)].every((word, at) => command.words[at] === word),
  )
  if (found.length === 0) throw usageError(`There is no /${name}: /help shows what there is`)
  return found.map((command) => row(usageOf(command), command.does)).join('\n')
}

const usageOf = ({ words, params }: Command): string => {
  const args = Object.entries(params).map(([name, param]) => {
    const written = writtenName(name, param)
    return param.kind === 'argument' && param.isGiven ? written : `[${written}]`
  })
  return `/${[...words, ...args].join(' ')}`
}

/** Returns the names of all slash commands, for completion. */
export const slashNames = ({ own, registered }: Slashes): readonly string[] => [
  ...new Set([...Object.keys(own), ...registered.flatMap(({ words: [first = ''] }) => first), 'help', 'quit']),
]
