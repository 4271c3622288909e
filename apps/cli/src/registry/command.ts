import { usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { isRequired, type Param, type Params, writtenName } from './param.ts'

/** What a command is given, by name: words of a command line or JSON, not yet checked. */
export type Given = Readonly<Record<string, unknown>>

/** Whether `fastchat api` has it, and the command line prints it as JSON. */
export const isForPrograms = ({ where }: Pick<Command, 'where'>): boolean => where === 'all' || where === 'follow'

/** A command as the command line, its help, completion and `fastchat api` know it. */
export type Command = {
  /** Its words: ['group', 'add']. */
  readonly words: readonly string[]
  readonly does: string
  readonly examples: readonly string[]
  readonly params: Params
  /** It asks for the password: the command line has --password-stdin, too. */
  readonly needsPassword: boolean
  /**
   * `all`: also a request of `fastchat api`; `follow`: such a request that goes on until it is cancelled. `api` and `words` are
   * for the command line alone, and `words` needs neither a device nor a server.
   */
  readonly where: 'all' | 'follow' | 'api' | 'words'
  /** Checks what is given, loads the code of the command, and runs it. @throws {CliError} `usage` */
  run(context: Context, given: Given): Promise<void>
}

type TypeOf<P> = P extends Param<infer T> ? T : never
type Names<P extends Params, Given extends boolean> = {
  [K in keyof P]: P[K]['isGiven'] extends Given ? K : never
}[keyof P]
/** What a command gets: its checked parameters by name. */
export type Input<P extends Params> = { readonly [K in Names<P, true>]: TypeOf<P[K]> } & {
  readonly [K in Names<P, false>]?: TypeOf<P[K]>
}

type Spec<P extends Params> = {
  readonly does: string
  readonly examples: readonly string[]
  readonly params: P
  readonly needsPassword?: boolean
  readonly where?: Command['where']
  run(context: Context, input: Input<P>): Promise<void>
}

/** @param words of the command, with a space between. */
export function command<P extends Params>(words: string, spec: Spec<P>): Command {
  return {
    needsPassword: false,
    where: 'all',
    ...spec,
    words: words.split(' '),
    run: (context, given) => spec.run(context, readInput(spec.params, given)),
  }
}

/** @throws {CliError} `usage` that names the first parameter that is unknown, missing or wrong. */
function readInput<P extends Params>(params: P, given: Given): Input<P> {
  for (const name of Object.keys(given)) if (!Object.hasOwn(params, name)) throw usageError(`There is no ${name} here`)
  const input: Record<string, unknown> = {}
  for (const [name, param] of Object.entries(params)) {
    const written = given[name] ?? param.fallback
    const called = writtenName(name, param)
    if (written !== undefined) input[name] = param.value.read(written, called)
    else if (isRequired(param)) throw usageError(`${called} is missing`)
  }
  // Each value was parsed by the parameter of its name, and required parameters are checked before.
  return input as Input<P>
}
