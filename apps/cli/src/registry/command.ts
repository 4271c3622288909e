import { usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { isRequired, type Param, type Params, writtenName } from './param.ts'

/** The arguments of a command by name. They are words or JSON, not yet checked. */
export type Given = Readonly<Record<string, unknown>>

/** Whether programs may use a command: `fastchat api` has it, and it has --json. */
export const isForPrograms = ({ where }: Pick<Command, 'where'>): boolean => where === 'all' || where === 'follow'

/** A command, as the command line, its help, completion and `fastchat api` know it. */
export type Command = {
  /** The words of the command: ['group', 'add']. */
  readonly words: readonly string[]
  readonly does: string
  readonly examples: readonly string[]
  readonly params: Params
  /** Whether the command asks for the password. The command line has --password-stdin then. */
  readonly needsPassword: boolean
  /** Whether stdin, as the password, has the new one on a second line. */
  readonly needsNext: boolean
  /**
   * The places that have the command. `all`: the command line and `fastchat api`. `follow`: both,
   * and the request goes on until it is cancelled. `api` and `words`: only the command line;
   * `words` needs neither a device nor a server.
   */
  readonly where: 'all' | 'follow' | 'api' | 'words'
  /**
   * Checks the arguments, loads the code of the command, and runs it.
   * @throws {CliError} `usage`
   */
  run(context: Context, given: Given): Promise<void>
}

type TypeOf<P> = P extends Param<infer T> ? T : never
type Names<P extends Params, Given extends boolean> = {
  [K in keyof P]: P[K]['isGiven'] extends Given ? K : never
}[keyof P]
/** The checked parameters of a command by name. */
export type Input<P extends Params> = { readonly [K in Names<P, true>]: TypeOf<P[K]> } & {
  readonly [K in Names<P, false>]?: TypeOf<P[K]>
}

type Spec<P extends Params> = {
  readonly does: string
  readonly examples: readonly string[]
  readonly params: P
  readonly needsPassword?: boolean
  readonly needsNext?: boolean
  readonly where?: Command['where']
  run(context: Context, input: Input<P>): Promise<void>
}

/** Makes a command. @param words the words of the command, with a space between. */
export function command<P extends Params>(words: string, spec: Spec<P>): Command {
  return {
    needsPassword: false,
    needsNext: false,
    where: 'all',
    ...spec,
    words: words.split(' '),
    run: (context, given) => spec.run(context, readInput(spec.params, given)),
  }
}

/** Checks the arguments. @throws {CliError} `usage` for the first unknown, missing or wrong one. */
function readInput<P extends Params>(params: P, given: Given): Input<P> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(params, name)) throw usageError(`There is no parameter ${name} here`)
  const input: Record<string, unknown> = {}
  for (const [name, param] of Object.entries(params)) {
    const written = given[name] ?? param.fallback
    const called = writtenName(name, param)
    if (written !== undefined) input[name] = param.value.read(written, called)
    else if (isRequired(param)) throw usageError(`${called} is missing`)
  }
  // Each value was parsed by the parameter of its name, and no required parameter is missing.
  return input as Input<P>
}
