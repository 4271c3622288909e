import { adapterErrorOf } from './is-outage.ts'

/** The parts of an error that may be logged. */
export type SafeError = {
  readonly name: string
  readonly code?: string
  readonly message?: string
  /** The stack without the message that it begins with. */
  readonly stack?: string
  readonly cause?: SafeError
}

const maxMessageLength = 200
const maxFrames = 8
const maxDepth = 4

/**
 * Reduces an error to parts that never contain input of users or peers. ioredis adds the command's
 * arguments to its errors, pg and Prisma quote values and queries, and JSON errors quote the text.
 * Of those errors only the name and code remain.
 */
export function redactError(error: unknown, depth = 0): SafeError {
  if (!(error instanceof Error)) return { name: kindOf(error) ?? `a thrown ${typeof error}` }
  const code = codeOf(error)
  const cause = error.cause ?? adapterErrorOf(error)
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at '))
  return {
    name: error.name,
    ...(code !== undefined && { code }),
    ...(!quotesInput(error) && { message: error.message.slice(0, maxMessageLength) }),
    ...(frames !== undefined && frames.length > 0 && { stack: frames.slice(0, maxFrames).join('\n') }),
    ...(cause !== undefined && depth < maxDepth && { cause: redactError(cause, depth + 1) }),
  }
}

/** The cause of a driver adapter is a plain object that names the kind of failure. */
function kindOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { kind, originalCode } = error as { kind?: unknown; originalCode?: unknown }
  if (typeof kind !== 'string') return undefined
  return typeof originalCode === 'string' ? `${kind} ${originalCode}` : kind
}

function codeOf(error: Error): string | undefined {
  if (!('code' in error)) return undefined
  return typeof error.code === 'string' || typeof error.code === 'number' ? String(error.code) : undefined
}

function quotesInput(error: Error): boolean {
  return (
    error instanceof SyntaxError ||
    'severity' in error || // pg
    'command' in error || // ioredis
    error.name === 'ReplyError' ||
    error.name.startsWith('Prisma') ||
    error.name === 'DriverAdapterError'
  )
}
