import { type Command, isForPrograms } from './command.ts'
import { type Param, writtenName } from './param.ts'

/** The candidates after one command: the next words, options, and files where it takes some. */
export type Completable = {
  /** The words of the command, with spaces between. Empty: the program itself. */
  readonly path: string
  readonly does: string
  readonly words: readonly { readonly word: string; readonly does: string }[]
  readonly options: readonly { readonly flag: string; readonly does: string; readonly param?: Param }[]
  /** The kind of its arguments. */
  readonly completes: NonNullable<Param['completes']> | undefined
}

/** Returns everything that can be completed, the program itself first. */
export function completables(commands: readonly Command[], families: Readonly<Record<string, string>>): Completable[] {
  const nodes = new Map<string, Completable>([['', of('', '')]])
  for (const [family, does] of Object.entries(families)) nodes.set(family, of(family, does))
  for (const command of commands) nodes.set(command.words.join(' '), ofCommand(command))
  const all = [...nodes.values()]
  return all.map((node) => ({ ...node, words: all.flatMap((other) => nextWord(node, other)) }))
}

const help = { flag: '--help', does: 'show this help' }

const of = (path: string, does: string): Completable => ({
  path,
  does,
  words: [],
  options: path === '' ? [help, { flag: '--version', does: 'show the version' }] : [help],
  completes: undefined,
})

function ofCommand(command: Command): Completable {
  const { words, does, params, needsPassword } = command
  const own = Object.entries(params).filter(([, { kind }]) => kind === 'option')
  const completes = Object.values(params).find((param) => param.kind === 'argument' && param.completes)?.completes
  return {
    path: words.join(' '),
    does,
    words: [],
    options: [
      ...own.map(([name, param]) => ({ flag: writtenName(name, param), does: param.does, param })),
      ...(isForPrograms(command) ? [{ flag: '--json', does: 'one JSON object per line' }] : []),
      ...(needsPassword ? [{ flag: '--password-stdin', does: 'read the password from stdin' }] : []),
      help,
    ],
    completes,
  }
}

function nextWord({ path }: Completable, other: Completable): Completable['words'] {
  const words = other.path.split(' ')
  const isNext = other.path !== '' && words.slice(0, -1).join(' ') === path
  return isNext ? [{ word: words.at(-1) ?? '', does: other.does }] : []
}
